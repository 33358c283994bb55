import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AuditLog,
  ExperimentTracker,
  type JsonValue,
  MLOpsConfig,
  MLOpsError,
  MemoryArtifactStore,
  MemoryStorage,
  parseFilter,
  readCsv,
  readTable,
  verifyEvidencePack,
} from '@bondx/mlops';
import { FakeClock, countingIds } from '@bondx/mlops/testing';
import { databaseIn } from '../../src/adapters/filesystem/snapshot-storage.js';
import { writeTar } from '../../src/compliance/evidence/write-tar.js';
import { effectivePolicy } from '../../src/config/effective-policy.js';
import { readPolicyDocument } from '../../src/config/policy-document.js';
import { decodePolicy } from '../../src/config/policy-text.js';
import { authenticate } from '../../src/governance/access/authenticate.js';
import { metricStream } from '../../src/tracking/metric.js';
import { refuse } from '../../src/util/check.js';
import { type Random, createRandom } from '../../src/util/random.js';
import { parquetFile, run, snappyRun, u32, varint, zigzag } from '../data/parquet/write-parquet.js';

/** A parser under test: what it takes, valid inputs to begin from, and the words of its grammar. */
interface Target {
  readonly parse: (input: Buffer) => unknown;
  readonly seeds: readonly (string | Uint8Array)[];
  readonly words: readonly string[];
}

/** What became of the inputs of one parser. */
export interface FuzzResult {
  readonly parser: string;
  readonly inputs: number;
  readonly accepted: number;
  readonly refused: number;
  /** Milliseconds a KiB, at least one KiB, of the slowest input. */
  readonly slowest: number;
  /** Inputs, shortened, that failed with anything but a typed error, took over 50 ms a KiB, or polluted a prototype. */
  readonly faults: readonly string[];
}

const msPerKib = 50;
const nasty = [
  '__proto__',
  'constructor',
  'prototype',
  '\u0000',
  '\u2028',
  '\r\n',
  '\ud800',
  '"',
  "'",
  '\\',
  '𝔘',
  '1e999',
  '-0',
  'NaN',
  '../',
  ' '.repeat(40),
  '('.repeat(30),
  '[['.repeat(20),
];

/** Runs every parser on so many inputs: valid ones mutated with the words of their grammar, and random bytes. Seeded. */
export async function fuzzParsers(count: number, seed: number, only?: string): Promise<readonly FuzzResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bondx-fuzz-'));
  try {
    const results: FuzzResult[] = [];
    for (const [parser, target] of Object.entries(await targets(folder))) {
      if (only === undefined || only === parser) results.push(await fuzz(parser, target, count, createRandom(seed)));
    }
    return results;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function fuzz(parser: string, target: Target, count: number, random: Random): Promise<FuzzResult> {
  const properties = Object.getOwnPropertyNames(Object.prototype).length;
  const faults: string[] = [];
  const slow: Buffer[] = [];
  let [accepted, slowest] = [0, 0];
  /** Milliseconds, as a share of what this input may take. */
  const tryOne = async (input: Buffer, onError: (error: unknown) => void): Promise<number> => {
    const began = performance.now();
    try {
      await target.parse(input);
    } catch (error) {
      onError(error);
    }
    return (performance.now() - began) / (msPerKib * Math.max(1, input.length / 1024));
  };
  for (let i = 0; i < count; i++) {
    const input = i % 5 === 4 ? randomBytes(random) : mutate(target, random);
    accepted++;
    const share = await tryOne(input, (error) => {
      accepted--;
      if (!(error instanceof MLOpsError) || error.code === 'INTERNAL') faults.push(`${String(error)}: ${show(input)}`);
    });
    if (share > 1) slow.push(input);
    else slowest = Math.max(slowest, share * msPerKib);
    if (Object.getOwnPropertyNames(Object.prototype).length !== properties) faults.push(`pollution: ${show(input)}`);
  }
  // A pause of the machine is not the parser's: only what is slow every time counts.
  for (const input of slow) {
    let share = Infinity;
    for (let attempt = 0; attempt < 20 && share > 1; attempt++) {
      share = Math.min(share, await tryOne(input, () => undefined));
    }
    slowest = Math.max(slowest, share * msPerKib);
    if (share > 1) faults.push(`${Math.round(share * msPerKib)} ms a KiB: ${show(input)}`);
  }
  return { parser, inputs: count, accepted, refused: count - accepted, slowest, faults };
}

const show = (input: Buffer): string => JSON.stringify(input.toString('latin1').slice(0, 200));
const pick = <T>(items: readonly T[], random: Random): T => items[Math.floor(random.next() * items.length)]!;

function randomBytes(random: Random): Buffer {
  return Buffer.from(
    Array.from({ length: Math.floor(random.next() ** 3 * 600) }, () => Math.floor(random.next() * 256)),
  );
}

function mutate({ seeds, words }: Target, random: Random): Buffer {
  let bytes = Buffer.from(pick(seeds, random));
  for (let left = Math.floor(random.next() * 5); left >= 0; left--) {
    const at = Math.floor(random.next() * (bytes.length + 1));
    const length = Math.floor(random.next() ** 2 * 40);
    const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
    const word = Buffer.from(pick(random.next() < 0.8 ? words : nasty, random));
    const kind = Math.floor(random.next() * 5);
    if (kind === 0) bytes = Buffer.concat([head, word, tail]);
    else if (kind === 1) bytes = Buffer.concat([head, tail.subarray(length)]);
    else if (kind === 2) bytes = Buffer.concat([head, word, tail.subarray(word.length)]);
    else if (kind === 3) bytes = Buffer.concat([head, head.subarray(-length), tail]);
    else if (at < bytes.length) bytes[at]! ^= 1 << Math.floor(random.next() * 8);
  }
  return bytes;
}

async function targets(folder: string): Promise<Readonly<Record<string, Target>>> {
  return {
    policy: policyTarget(),
    filter: filterTarget(),
    csv: csvTarget(join(folder, 'rows.csv')),
    parquet: parquetTarget(join(folder, 'rows.parquet')),
    tokens: tokenTarget(),
    'evidence pack': packTarget(),
    'audit export': await auditTarget(folder),
    'archive of runs': await runTarget(),
    'archive file': await archiveTarget(folder),
  };
}

function policyTarget(): Target {
  return {
    parse: (input) => {
      const { content, problems } = readPolicyDocument(decodePolicy(input, 'policy.yaml'), 'policy.yaml');
      return effectivePolicy({ content, problems, spelling: 'snake', environment: {}, name: 'policy.yaml' });
    },
    seeds: [
      'seed: 1\ndrift: { psi_threshold: 0.2 }\n',
      'models:\n  spread:\n    feature_columns: [a, b]\n    hyperparameters: { max_depth: 3 }\n',
      'security:\n  regulatory_frameworks: [Basel III]\naccess:\n  bindings:\n    - { principal: ada, role: admin }\n',
      'canary:\n  steps: [{ traffic: 0.1, hours: 2 }]\n',
    ],
    words: [
      '&a ',
      '*a',
      '<<: ',
      '{',
      '}',
      '[',
      ']',
      ': ',
      '- ',
      '\n',
      '  ',
      '|',
      '>',
      '!!js/function',
      '? ',
      '---',
      '#',
      '0.1',
      '1e3',
      'true',
      'null',
      'models',
      'access',
      '"',
      "'",
    ],
  };
}

const filterTarget = (): Target => ({
  parse: (input) => parseFilter(input.toString('utf8')),
  seeds: [
    "metrics.mae < 2 and tags.team = 'rates'",
    "not (params.a in ('x', 'y') or name like 'a%')",
    'metrics."a b".min >= -1e3',
  ],
  words: [
    ' and ',
    ' or ',
    ' not ',
    '(',
    ')',
    "'",
    '"',
    '`',
    '<=',
    '!=',
    ' in ',
    ' like ',
    ' ilike ',
    ' is null',
    'metrics.',
    'tags.',
    '.',
    ',',
    '%',
    '1e308',
    '-',
  ],
});

const csvTarget = (path: string): Target => ({
  parse: (input) => {
    writeFileSync(path, input);
    return readCsv(path);
  },
  seeds: ['a,b,c\n1,2,x\n3,,"y, z"\n', 'date;v\n2020-01-31;-1.5\n', 'x\r\n"a""b"\r\n', '\ufeffa,b\n=1+1,@x\n'],
  words: [',', '\n', '\r\n', '"', '""', ';', '\t', '1e5', '-', '2020-02-30', 'NaN', 'a,b', ',,,', '\ufeff'],
});

/** Files of one row group, each with pages of another encoding, and one that an independent implementation wrote. */
function parquetTarget(path: string): Target {
  const numbers = [1, 2, 3, 4].flatMap(u32);
  const deltas = (first: number): number[] => [
    ...varint(128),
    4,
    4,
    ...zigzag(first),
    2,
    2,
    0,
    0,
    0,
    ...Buffer.alloc(8, 17),
  ];
  const dictionary = { kind: 'dictionary', body: [...u32(1), 97, ...u32(2), 98, 98], values: 2 } as const;
  const indices = {
    body: [...u32(2), ...run(4, 1), 1, ...run(2, 0), 3, 2],
    values: 4,
    encoding: 'dictionary',
  } as const;
  const [isOptional, values] = [true, 4];
  return {
    parse: (input) => {
      writeFileSync(path, input);
      return readTable(path);
    },
    seeds: [
      readFileSync('tests/data/parquet/two-groups.parquet'),
      parquetFile(4, [{ pages: [{ body: numbers, values }] }]),
      parquetFile(4, [{ isOptional, type: 'BYTE_ARRAY', pages: [dictionary, indices] }]),
      parquetFile(4, [{ codec: 'snappy', type: 'DOUBLE', pages: [{ body: snappyRun(0, 32), values, size: 32 }] }]),
      parquetFile(4, [
        { name: 'a', pages: [{ body: deltas(5), values, encoding: 'deltas' }] },
        { name: 'b', type: 'INT64', pages: [{ body: deltas(5), values, encoding: 'deltas' }] },
      ]),
      parquetFile(4, [
        { isOptional, pages: [{ kind: 'data2', body: numbers.slice(8), levels: [3, 5], values, nulls: 2 }] },
        {
          name: 't',
          type: 'BYTE_ARRAY',
          pages: [{ body: [...deltas(0), ...deltas(1), 97, 98, 99, 99], values, encoding: 'deltaTexts' }],
        },
      ]),
    ],
    // Fields, lists and structs of Thrift, numbers that are large or negative, runs that are long.
    words: [
      'PAR1',
      '\u0000',
      '\u0001',
      '\u0015',
      '\u0019\u000f',
      '\u001c',
      '\u0016\u007f',
      '\u0005',
      'yyy',
      '~~~~\u0007',
      '~\u0001',
    ],
  };
}

function tokenTarget(): Target {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const access = {
    jwt: { issuer: 'https://i', audience: 'bondx', algorithms: ['EdDSA' as const], publicKeyFile: 'nokey.pem' },
  };
  const config = MLOpsConfig.fromObject({ access }, { environment: {} });
  const stores = { storage: new MemoryStorage(), artifacts: new MemoryArtifactStore() };
  return {
    parse: (input) => authenticate(config, { ...stores, token: input.toString('utf8') }),
    seeds: [
      `bondx_${'ab'.repeat(16)}_${'x'.repeat(43)}`,
      `${part({ alg: 'none' })}.${part({ sub: 'ada', exp: 4e9 })}.`,
      `${part({ alg: 'EdDSA', kid: '__proto__' })}.${part({ iss: 'https://i', aud: 'bondx', sub: 'ada' })}.${'A'.repeat(86)}`,
    ],
    words: [
      '.',
      '..',
      'bondx_',
      '_',
      '=',
      'eyJ',
      part({ alg: 'HS256' }),
      part({ crit: ['b64'] }),
      part([]),
      part(null),
      'Bearer ',
    ],
  };
}

/** Whatever the bytes are, the verifier answers; only the pack itself is sound. */
function packTarget(): Target {
  const bytes = Buffer.from('{"files":[]}\n');
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const index = {
    format: 'bondx-evidence-pack/1',
    files: [{ path: 'records/version.json', digest, size: bytes.length }],
  };
  const files = [
    { path: 'index.json', bytes: Buffer.from(JSON.stringify(index)) },
    { path: 'signature.json', bytes: Buffer.from('{"keyId":"k","publicKey":"x","signature":"eA=="}') },
    { path: 'records/version.json', bytes },
    ...Object.entries({
      'audit/records.jsonl': '{"log":"l","prev":"p","seq":3}\n{"log":"l","prev":"p","seq":4}\n',
      'audit/proofs.jsonl': `{"proof":["${digest}"],"seq":4}\n`,
      'audit/checkpoint.json': `{"checkpoint":{"log":"l","root":"${digest}","size":9},"publicKey":"x"}`,
      'audit/start.json': '{"start":{"log":"l","size":3},"publicKey":"x"}',
    }).map(([path, text]) => ({ path, bytes: Buffer.from(text) })),
  ];
  const small = (path: string, text: string): Uint8Array => writeTar([{ path, bytes: Buffer.from(text) }]);
  return {
    parse: async (input) => {
      const { status } = await verifyEvidencePack(input);
      if (status === 'ok') throw new Error('a pack without a sound signature was called sound');
    },
    seeds: [
      writeTar(files),
      small('index.json', '{"format":"bondx-evidence-pack/1","files":[null]}'),
      small('index.json', 'null'),
      writeTar([]),
    ],
    words: [
      '\u0000'.repeat(8),
      'ustar',
      '00000000777',
      '../../etc/passwd',
      'index.json',
      '{"__proto__":{"x":1}}',
      '"files":',
      '[',
      ']',
      '{',
      '}',
      'null',
      '1e99',
      '\u0000'.repeat(512),
    ],
  };
}

const person = { id: 'ada', type: 'person', authentication: 'application' } as const;

/** A world with one run of everything that is archived of one. */
async function runWorld() {
  const config = MLOpsConfig.fromObject(
    { tracking: { logEnvironment: false, logGitSha: false }, security: { checkpointInterval: 2 } },
    { environment: {} },
  );
  const store = { storage: new MemoryStorage(), artifacts: new MemoryArtifactStore() };
  const options = { ...store, principal: person, clock: new FakeClock(), ids: countingIds() };
  const tracker = new ExperimentTracker(config, options);
  const runId = await tracker.startRun({ experimentName: 'spreads', runName: 'one', tags: { team: 'rates' } });
  await tracker.logParameters(runId, { depth: 8 });
  await tracker.logMetrics(runId, { loss: 1 });
  await tracker.logArtifact(runId, { content: 'bytes', name: 'a.txt' });
  await tracker.endRun(runId);
  return { config, store, options, tracker, runId };
}

const jsonWords = ['{', '}', '[', ']', ',', ':', 'null', 'true', '1e99', '-1', '"v":2', '{"__proto__":{"x":1}}', '\n'];

/** Whatever the lines are, there is a verdict. */
async function auditTarget(folder: string): Promise<Target> {
  const { config, options } = await runWorld();
  const log = new AuditLog(config, options);
  const path = join(folder, 'audit.jsonl');
  await log.export(path);
  const whole = readFileSync(path);
  return {
    parse: async (input) => {
      writeFileSync(path, input);
      await log.verifyExport(path);
    },
    seeds: [whole, whole.subarray(0, 400), '{"index":0}\n', ''],
    words: [...jsonWords, '"seq":', '"prev":"sha256:', '"size":9007199254740992', '"signature":""', '{"frontier":['],
  };
}

/** Records of runs that somebody else wrote: each is imported, or refused with a reason, and what is imported is a run. */
async function runTarget(): Promise<Target> {
  const { config, store, options, tracker, runId } = await runWorld();
  const [run, points] = [await store.storage.get('runs', runId), await tracker.getMetricHistory(runId, 'loss')];
  if (run === undefined || points.length === 0) throw new Error('there is nothing to archive');
  const names = Object.keys((run.value as { metrics: object }).metrics);
  const streams = await Promise.all(
    names.map(async (name) => {
      const stream = metricStream(runId, name);
      const { entries } = await store.storage.read(stream);
      return { stream, values: entries.map(({ value }) => value) };
    }),
  );
  return {
    parse: async (input) => {
      let value: JsonValue;
      try {
        value = JSON.parse(input.toString('utf8')) as JsonValue;
      } catch {
        return refuse('the record of a run is no JSON');
      }
      const archive = new MemoryStorage();
      await archive.commit([
        { kind: 'put', collection: 'runs', id: runId, value, expect: 'absent' },
        ...streams.map((stream) => ({ kind: 'append', ...stream }) as const),
      ]);
      const to = { storage: new MemoryStorage(), artifacts: new MemoryArtifactStore() };
      const importing = new ExperimentTracker(config, { ...options, ...to });
      const { refused } = await importing.importRuns({ store: { storage: archive, artifacts: store.artifacts } });
      if (refused[0] !== undefined) refuse(refused[0].reason);
      await importing.getRun(runId);
    },
    seeds: [JSON.stringify(run.value)],
    words: [
      ...jsonWords,
      '"metrics":',
      '"artifacts":[null]',
      '"../../x"',
      '"count":1e12',
      '"revision":-1',
      '"status":"',
    ],
  };
}

/** The database of an archive, damaged in a few places: read, or refused as damaged. */
async function archiveTarget(folder: string): Promise<Target> {
  const { config, tracker, options } = await runWorld();
  const [from, to] = [join(folder, 'archive'), join(folder, 'damaged')];
  await tracker.exportRuns({ path: from });
  const database = readFileSync(databaseIn(from));
  cpSync(from, to, { recursive: true }); // its files stay as they are
  return {
    parse: async (input) => {
      for (const end of ['', '-wal', '-shm']) rmSync(`${databaseIn(to)}${end}`, { force: true });
      writeFileSync(databaseIn(to), input);
      const memory = { storage: new MemoryStorage(), artifacts: new MemoryArtifactStore() };
      const importing = new ExperimentTracker(config, { ...options, ...memory });
      const { refused } = await importing.importRuns({ path: to });
      if (refused[0] !== undefined) refuse(refused[0].reason);
    },
    seeds: [database, database, database, database.subarray(0, 4096), 'SQLite format 3\u0000', ''],
    words: ['SQLite format 3', 'CREATE TABLE', 'runs', '\u0000'.repeat(64), '\u00ff'.repeat(8), '{"v":1}', 'PRAGMA'],
  };
}
