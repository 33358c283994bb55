import { isReference, withoutReferences } from './references.js';
import type { Rule } from './rule.js';
import type { PolicyFile } from './schema.js';

type Storage = PolicyFile['storage'];

/** Which of the keys of `storage` go together, and what a URL in a policy may say. No message repeats a URL. */
export const storageRules: readonly Rule[] = [
  rule('url', ({ kind, url }) => {
    if (kind !== 'postgres') {
      return url === null ? undefined : `belongs to kind: postgres, and kind is ${kind}; remove it, or change kind`;
    }
    if (url === null) {
      return 'kind: postgres takes the URL of a database, postgres://user:${DB_PASSWORD}@host:5432/database; or set BONDX_STORAGE__URL';
    }
    return urlProblem(url, /^postgres(ql)?:$/, 'postgres://user:${DB_PASSWORD}@host:5432/database');
  }),
  rule('path', ({ kind, path }) =>
    kind === 'filesystem' || path === null
      ? undefined
      : `belongs to kind: filesystem, and kind is ${kind}; set it to null, or change kind`,
  ),
  rule('schema', ({ kind, schema }) =>
    kind === 'postgres' || schema === null
      ? undefined
      : `belongs to kind: postgres, and kind is ${kind}; set it to null, or change kind`,
  ),
  rule('artifacts_url', ({ artifacts_url: url, artifacts_path: path }) => {
    if (url === null) return undefined;
    if (path !== null) return 'artifacts_path is given as well; keep one of the two';
    return urlProblem(url, /^s3:$/, 's3://bucket/prefix?region=eu-central-1');
  }),
];

function rule(key: keyof Storage, problem: (storage: Storage) => string | undefined): Rule {
  return {
    paths: [
      ['storage', key],
      ['storage', 'kind'],
    ],
    problem: ({ storage }) => problem(storage),
  };
}

function urlProblem(text: string, protocol: RegExp, example: string): string | undefined {
  if (isReference(text)) return undefined; // it is looked at when it is used
  const shape = withoutReferences(text);
  const url = URL.canParse(shape) ? new URL(shape) : undefined;
  if (url === undefined || !protocol.test(url.protocol)) return `expected a URL such as ${example}`;
  const passwords = [url.password, ...url.searchParams.getAll('password')];
  if (passwords.every((password) => password === '' || password === 'reference')) return undefined;
  return (
    'holds a password, which would go into digests, backups and reports; refer to an environment variable instead: ' +
    (example.includes('@') ? example : 'AWS_SECRET_ACCESS_KEY is read by itself')
  );
}
