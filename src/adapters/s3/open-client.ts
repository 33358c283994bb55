import type { S3Client } from '@aws-sdk/client-s3';
import { MLOpsError } from '../../errors.js';
import { checkPlainObject } from '../../storage/index-fields.js';
import { invalid } from '../../storage/storage-name.js';
import type { Sdk } from './s3-bucket.js';
import { type S3Location, checkEndpoint } from './s3-location.js';

/** What this adapter needs of a client; `S3Client` of the package `@aws-sdk/client-s3` has it. */
export interface S3ClientLike {
  send(command: never, options?: never): Promise<unknown>;
  destroy(): void;
}

/** What is set here goes before what the URL says. */
export interface S3ArtifactsOptions {
  readonly region?: string;
  /** URL of a server other than Amazon's. */
  readonly endpoint?: string;
  /** Whether the bucket stands in the path of requests, not in the host; true unless told when there is an endpoint. */
  readonly pathStyle?: boolean;
  /** Instead of what the SDK finds. */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** A client of your own, which stays yours to close; the other options are then set there. */
  readonly client?: S3ClientLike;
}

/** A server that says nothing for so long, in milliseconds, is given up: the SDK waits for ever. */
const longestSilenceMs = 120_000;

const optionNames = ['region', 'endpoint', 'pathStyle', 'credentials', 'client'];

/** @throws MLOpsError `MISSING_DEPENDENCY`, `INVALID_INPUT` */
export async function openClient(
  location: S3Location,
  options: S3ArtifactsOptions,
  silenceMs = longestSilenceMs,
): Promise<{ readonly sdk: Sdk; readonly client: S3Client }> {
  const unknown = Object.keys(checkPlainObject(options, 'the options of an artifact store')).find(
    (name) => !optionNames.includes(name),
  );
  if (unknown !== undefined)
    throw invalid(`openS3Artifacts has no option ${unknown}; known: ${optionNames.join(', ')}`);
  const sdk = await loadSdk();
  if (options.client !== undefined) {
    if (Object.keys(options).length > 1) throw invalid('with a client of your own, set the other options there');
    return { sdk, client: options.client as unknown as S3Client };
  }
  const { region = location.region, credentials } = options;
  const endpoint = options.endpoint === undefined ? location.endpoint : checkEndpoint(options.endpoint);
  const forcePathStyle = options.pathStyle ?? location.pathStyle ?? endpoint !== undefined;
  const client = new sdk.S3Client({
    forcePathStyle,
    requestHandler: { connectionTimeout: silenceMs, socketTimeout: silenceMs },
    // Every upload carries its SHA-256, and everything read is verified against it; older servers know no more.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials !== undefined && { credentials }),
  });
  return { sdk, client };
}

async function loadSdk(): Promise<Sdk> {
  try {
    return await import('@aws-sdk/client-s3');
  } catch (cause) {
    throw new MLOpsError(
      'MISSING_DEPENDENCY',
      'the S3 artifact store needs the package @aws-sdk/client-s3, which is not installed; run `npm install @aws-sdk/client-s3`',
      { cause },
    );
  }
}
