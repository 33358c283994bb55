import { MLOpsError } from '../../errors.js';
import { isError } from '../../util/is-error.js';

type Advice = readonly [code: MLOpsError['code'], text: string];

/** What an operation was for: where writing alone is not permitted, reading may be. */
export type Purpose = 'read' | 'write';

interface Told {
  readonly name: string;
  readonly code: string;
  readonly status: number | undefined;
}

/**
 * An error of the SDK, the object store or the network as one that says what to do. Of the original only its name and
 * message go along: the rest holds requests with signatures and session tokens.
 *
 * @param place how the store is called
 */
export function toS3Error(error: unknown, place: string, purpose: Purpose = 'read'): unknown {
  if (error instanceof MLOpsError || !isError(error)) return error;
  const told = describe(error);
  const advice = adviceFor(told, error.message, purpose);
  if (advice === undefined) return error;
  const detail = [told.name, error.message].filter((part) => !/^(Error|Unknown(Error)?|)$/.test(part)).join(': ');
  return new MLOpsError(advice[0], `${place}: ${advice[1]}${detail === '' ? '' : ` (${detail})`}`, {
    cause: new Error(detail),
  });
}

/** Whether there is no such object. A HEAD request has no body to say more than 404. */
export const isAbsent = (error: unknown): boolean =>
  isError(error) && (error.name === 'NoSuchKey' || (error.name === 'NotFound' && describe(error).status === 404));

export function describe(error: Error): Told {
  const { code, $metadata } = error as { code?: unknown; $metadata?: { httpStatusCode?: number } };
  return { name: error.name, code: typeof code === 'string' ? code : '', status: $metadata?.httpStatusCode };
}

function adviceFor({ name, code, status }: Told, message: string, purpose: Purpose): Advice | undefined {
  if (name === 'AbortError') return ['ABORTED', 'storing the artifact was aborted'];
  if (/^Region (is missing|not accepted)/.test(message)) return noRegion;
  const known = byName.find(([pattern]) => pattern.test(name))?.[1];
  if (known !== undefined) return known;
  if (unreachableCodes.test(code) || /^(TimeoutError|NetworkingError)$/.test(name)) return unreachable;
  if (/^(ENOSPC|EDQUOT)$/.test(code)) return noTemporarySpace;
  if (status === 403) return purpose === 'write' ? mayNotWrite : denied;
  if (status === 404) return noBucket;
  if (status === 301) return otherRegion;
  if (status === 507) return full;
  if (status === undefined) return undefined;
  return status === 429 || status >= 500 ? failing : refused;
}

const noBucket: Advice = [
  'STORAGE_UNAVAILABLE',
  'there is no such bucket; create it, or correct its name or the endpoint',
];
const denied: Advice = [
  'STORAGE_UNAVAILABLE',
  'access is denied; give these credentials s3:ListBucket on the bucket and s3:GetObject, s3:PutObject and ' +
    's3:DeleteObject below the prefix',
];
const mayNotWrite: Advice = [
  'STORAGE_READ_ONLY',
  'writing is not permitted; give these credentials s3:PutObject, s3:AbortMultipartUpload and s3:DeleteObject below the prefix',
];
const wrongCredentials: Advice = [
  'STORAGE_UNAVAILABLE',
  'the object store does not accept these credentials; check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the profile',
];
const expired: Advice = ['STORAGE_UNAVAILABLE', 'the credentials have expired; renew them and retry'];
const noCredentials: Advice = [
  'STORAGE_UNAVAILABLE',
  'there are no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or pass { credentials }',
];
const noRegion: Advice = ['INVALID_INPUT', 'no region is known; set AWS_REGION, or add ?region=… to the URL'];
const otherRegion: Advice = ['STORAGE_UNAVAILABLE', 'the bucket is in another region; set AWS_REGION, or ?region=…'];
const wrongClock: Advice = ['STORAGE_UNAVAILABLE', 'the clock of this machine is wrong; set it and retry'];
const altered: Advice = ['STORAGE_UNAVAILABLE', 'what arrived was not what was sent; nothing was kept, retry'];
const full: Advice = ['STORAGE_FULL', 'the object store is full, or the quota used up; nothing of this was kept'];
const failing: Advice = ['STORAGE_UNAVAILABLE', 'the object store fails or is overloaded; retry later'];
const refused: Advice = [
  'STORAGE_UNAVAILABLE',
  'the object store refused the request; check that the endpoint is one of S3, and what it says here',
];
const unreachable: Advice = [
  'STORAGE_UNAVAILABLE',
  'the object store cannot be reached; check the endpoint, the region and the network, then retry',
];
const noTemporarySpace: Advice = [
  'STORAGE_FULL',
  'there is no space for the temporary file that an upload above 8 MiB needs; free some, or set TMPDIR',
];

/** See https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const byName: readonly (readonly [name: RegExp, advice: Advice])[] = [
  [/^NoSuchBucket$/, noBucket],
  [/^(InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken)$/, wrongCredentials],
  [/^(ExpiredToken|ExpiredTokenException|TokenRefreshRequired)$/, expired],
  [/^CredentialsProviderError$/, noCredentials],
  [/^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/, otherRegion],
  [/^RequestTimeTooSkewed$/, wrongClock],
  [/^(BadDigest|InvalidDigest|XAmzContentSHA256Mismatch|XAmzContentChecksumMismatch)$/, altered],
  [/^(QuotaExceeded|XMinioStorageFull|ServiceQuotaExceededException)$/, full],
  [/^(SlowDown|ServiceUnavailable|InternalError|RequestTimeout)$/, failing],
];

const unreachableCodes =
  /^(E(CONN\w+|PIPE|TIMEDOUT|HOST\w+|NET\w+|NOTFOUND|AI_AGAIN|PROTO)|ERR_TLS\w*|CERT_\w+|\w+_CERT\w*)$/;
