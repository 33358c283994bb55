export { openS3Artifacts } from './s3-artifacts.js';
export type { S3ArtifactsOptions, S3ClientLike } from './open-client.js';
