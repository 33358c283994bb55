import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';

/** Why {@link S3Server} cannot be started on this machine, if so. */
export function whyNoS3Server(): string | undefined {
  const { status } = spawnSync('moto_server', ['--help'], { stdio: 'ignore' });
  return status === 0 ? undefined : "no S3 server: moto_server is not on the PATH (pip install 'moto[server]')";
}

/** A server of its own, https://github.com/getmoto/moto, which keeps everything in its memory and lets everybody in. */
export class S3Server {
  #buckets = 0;

  private constructor(
    private readonly process: ChildProcess,
    readonly endpoint: string,
    readonly client: S3Client,
  ) {}

  static async start(): Promise<S3Server> {
    const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
    const endpoint = await new Promise<string>((resolve, reject) => {
      child.once('exit', () => reject(new Error('moto_server ended at once')));
      createInterface({ input: child.stderr }).on('line', (line) => {
        const found = /Running on (http:\S+)/.exec(line);
        if (found !== null) resolve(found[1]!);
      });
    });
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
    return new S3Server(child, endpoint, client);
  }

  /** The URL of a bucket that was not there before. */
  async newBucket(): Promise<string> {
    const bucket = `bucket-${this.#buckets++}`;
    await this.client.send(new CreateBucketCommand({ Bucket: bucket }));
    return this.urlOf(`${bucket}/some/prefix`);
  }

  urlOf(path: string): string {
    return `s3://${path}?region=us-east-1&endpoint=${encodeURIComponent(this.endpoint)}`;
  }

  async close(): Promise<void> {
    this.client.destroy();
    const exited = once(this.process, 'exit');
    this.process.kill('SIGKILL'); // nothing of it is to be kept
    await exited;
  }
}
