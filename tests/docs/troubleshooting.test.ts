import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/** The members of `ErrorCode`, as the compiler reads them. */
function errorCodes(): string[] {
  const file = ts.createSourceFile('errors.ts', readFileSync('src/errors.ts', 'utf8'), ts.ScriptTarget.ES2022, true);
  const alias = file.statements.filter(ts.isTypeAliasDeclaration).find(({ name }) => name.text === 'ErrorCode')!;
  return (alias.type as ts.UnionTypeNode).types.map((member) => member.getText(file).slice(1, -1));
}

const page = readFileSync('docs/troubleshooting.md', 'utf8');
const entries = page.split(/^### /m).slice(1);

describe('the troubleshooting page', () => {
  it('has an entry for every code of an error, and for no other', () => {
    const codes = errorCodes();
    expect(codes.length).toBeGreaterThan(15);
    expect(entries.map((entry) => entry.split('\n')[0]!).sort()).toEqual(codes.sort());
  });

  it.each(entries.map((entry) => [entry.split('\n')[0]!, entry] as const))(
    'says what %s is and what to do',
    (_, entry) => {
      const [, what, todo] = entry.trim().split('\n\n');
      expect(what!.length).toBeGreaterThan(20);
      expect(todo!.length).toBeGreaterThan(20);
    },
  );
});
