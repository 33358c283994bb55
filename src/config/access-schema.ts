import * as z from 'zod/mini';
import { nearest } from '../util/nearest.js';
import { describe, entry, expected, list, matching, named, number, oneOf, section, text } from './fields.js';
import { permissions } from './roles.js';

/** Signatures a token may carry: asymmetric ones only, so that nobody who can check a token can make one. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

/** The `access` section: who is who, and who may do what. */
export const accessSection = () =>
  section({
    roles: named(list(permission())),
    bindings: z._default(z.array(binding(), expected('a list such as [{ principal: ada, role: developer }]')), []),
    forbids: z._default(z.array(forbid(), expected('a list such as [{ role: admin, permissions: [promote] }]')), []),
    break_glass: section({
      role: z._default(text('the name of a role'), 'operator'),
      max_minutes: z._default(
        number('minutes above 0, at most 1440 (a day)', (value) => value > 0 && value <= 1440),
        60,
      ),
    }),
    jwt: section({
      issuer: z._default(z.nullable(text('who issues the tokens, as the claim iss has it')), null),
      audience: z._default(z.nullable(text('whom they are for, as the claim aud has it')), null),
      algorithms: z._default(list(oneOf(...algorithms)), []),
      jwks_url: z._default(z.nullable(text('the URL of a key set')), null),
      public_key_file: z._default(z.nullable(text('the path of a public key in PEM')), null),
      principal_claim: z._default(text('the name of a claim'), 'sub'),
    }),
  });

const permission = () =>
  z.enum(permissions, {
    error: ({ input }) => {
      const meant = typeof input === 'string' ? nearest(input, permissions) : undefined;
      const hint = meant === undefined ? `known are ${permissions.join(', ')}` : `did you mean ${meant}?`;
      return `expected a permission, got ${describe(input)}; ${hint}`;
    },
  });

const scope = {
  models: z._default(list(text('the name of a model')), []),
  environments: z._default(list(oneOf('development', 'staging', 'production')), []),
};

const binding = () =>
  entry({
    principal: text('the name of a person or service'),
    type: z._default(oneOf('person', 'service'), 'person'),
    role: text('the name of a role'),
    aliases: z._default(list(text('another name of the same')), []),
    ...scope,
    expires: z._default(z.nullable(moment()), null),
  });

const forbid = () =>
  entry({
    principal: z._default(z.nullable(text('the name of a person or service')), null),
    role: z._default(z.nullable(text('the name of a role')), null),
    permissions: list(permission()),
    ...scope,
  });

const moment = () =>
  z.pipe(
    matching('a day or a time such as 2027-01-31 or 2027-01-31T18:00:00Z', /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/),
    z.string().check(z.refine(exists, { error: 'expected a day that exists' })),
  );

/** JavaScript takes the 30th of February for the 2nd of March. */
function exists(moment: string): boolean {
  const at = Date.parse(moment);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(moment.slice(0, 10));
}
