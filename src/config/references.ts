import { MLOpsError } from '../errors.js';

/**
 * Keys whose values may hold secrets. Their variables are not copied into the policy, whose digest and text go into
 * records, backups and reports: the policy refers to them, and they are read when the value is used.
 */
export const secretKeys: ReadonlySet<string> = new Set(['storage.url', 'storage.artifacts_url']);

const reference = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** How a policy refers to an environment variable. */
export const referenceTo = (name: string): string => `\${${name}}`;

/** Whether a value is nothing but a reference, of which nothing is known before it is used. */
export const isReference = (text: string): boolean => text.replace(reference, '') === '' && text !== '';

/** The text with every reference replaced, for looking at its form. */
export const withoutReferences = (text: string, replacement = 'reference'): string =>
  text.replace(reference, () => replacement);

/**
 * Puts variables in the place of their references. In front of an `@`, where user and password stand, they are
 * percent-encoded.
 *
 * @throws MLOpsError `INVALID_INPUT` when a variable is not set
 */
export function resolveReferences(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
  key: string,
): string {
  const at = text.lastIndexOf('@');
  return text.replace(reference, (_, name: string, offset: number) => {
    const value = environment[name]?.trim();
    if (value === undefined || value === '') {
      throw new MLOpsError('INVALID_INPUT', `${key} refers to the environment variable ${name}, which is not set`);
    }
    return offset < at ? encodeURIComponent(value) : value;
  });
}
