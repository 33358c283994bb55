import { invalid } from '../../storage/storage-name.js';

/** Where in which object store artifacts are kept. */
export interface S3Location {
  readonly bucket: string;
  /** Begins every key: empty, or ending in a slash. */
  readonly prefix: string;
  readonly region?: string;
  /** URL of a server other than Amazon's. */
  readonly endpoint?: string;
  /** Whether the bucket stands in the path of requests, not in the host. */
  readonly pathStyle?: boolean;
}

const parameters = ['region', 'endpoint', 'path_style'];

const example = 's3://bucket/prefix?region=eu-central-1&endpoint=http://localhost:9000&path_style=true';

/**
 * Reads `s3://bucket/prefix?region=…&endpoint=…&path_style=true`, of which only the bucket is necessary. Credentials do
 * not belong into it and are refused.
 *
 * @throws MLOpsError `INVALID_INPUT`, without repeating what might be a secret
 */
export function parseS3Url(text: unknown): S3Location {
  const url = typeof text === 'string' && text.startsWith('s3://') && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw invalid(`the URL of an artifact store looks like ${example}`);
  if (url.username !== '' || url.password !== '') {
    throw invalid(
      's3:// URLs carry no credentials: take them out, and set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile',
    );
  }
  const unknown = [...url.searchParams.keys()].find((name) => !parameters.includes(name));
  if (unknown !== undefined) {
    throw invalid(`s3:// URLs take the parameters ${parameters.join(', ')}, got ${JSON.stringify(unknown)}`);
  }
  const region = url.searchParams.get('region');
  const endpoint = url.searchParams.get('endpoint');
  const pathStyle = url.searchParams.get('path_style');
  if (pathStyle !== null && !['true', 'false'].includes(pathStyle)) throw invalid('path_style is true or false');
  return {
    bucket: checkBucket(url.host),
    prefix: checkPrefix(url.pathname),
    ...(region !== null && { region }),
    ...(endpoint !== null && { endpoint: checkEndpoint(endpoint) }),
    ...(pathStyle !== null && { pathStyle: pathStyle === 'true' }),
  };
}

/** @throws MLOpsError `INVALID_INPUT`, without repeating the URL, which may hold a password */
export function checkEndpoint(endpoint: unknown): string {
  const url = typeof endpoint === 'string' && URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.username + url.password !== '') {
    throw invalid('endpoint is the address of an object store, such as http://localhost:9000, without credentials');
  }
  return url.href;
}

/** How messages call a location. */
export const placeOf = ({ bucket, prefix }: S3Location): string => `s3://${bucket}/${prefix}`;

/** See https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
function checkBucket(bucket: string): string {
  if (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) return bucket;
  throw invalid('the name of a bucket has 3 to 63 lowercase letters, digits, dots and hyphens');
}

function checkPrefix(path: string): string {
  const parts = decoded(path)
    .split('/')
    .filter((part) => part !== '');
  const prefix = parts.map((part) => `${part}/`).join('');
  if (prefix.length <= 512 && prefix.isWellFormed() && !/\p{Cc}/u.test(prefix)) return prefix;
  throw invalid('a prefix has at most 512 characters and no control characters');
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw invalid('a % in a prefix is written %25');
  }
}
