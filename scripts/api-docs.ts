/**
 * Makes the API reference of every entry of the package from its doc comments, into docs/api (not in git: CI makes it).
 * Usage: npm run docs:api [-- --check]. Exit code 1 for links that lead nowhere and for exports without a doc comment; with
 * --check nothing is written.
 */
import { Application, type DeclarationReflection, ReflectionKind, type ProjectReflection } from 'typedoc';

const folder = 'docs/api';
const entries = [
  'src/index.ts',
  'src/report/index.ts',
  'src/server/index.ts',
  'src/testing/index.ts',
  ...['postgres', 's3'].map((name) => `src/adapters/${name}/index.ts`),
  ...['onnx', 'openfeature', 'opentelemetry'].map((name) => `src/integrations/${name}/index.ts`),
];

const app = await Application.bootstrapWithPlugins({
  plugin: ['typedoc-plugin-markdown', 'typedoc-plugin-missing-exports'],
  entryPoints: entries,
  outputs: [{ name: 'markdown', path: folder }],
  router: 'module', // one page an entry: it can be searched as it is read
  name: '@bondx/mlops',
  readme: 'none',
  disableSources: true,
  excludePrivate: true,
  excludeExternals: true,
  skipErrorChecking: true, // npm run check:types does
  validation: { invalidLink: true, rewrittenLink: true, notExported: true, notDocumented: false },
  logLevel: 'Warn',
});

const project = await app.convert();
if (project === undefined) process.exit(1);
app.validate(project);
const silent = undocumented(project);
for (const name of silent) console.error(`${name} has no doc comment: say what it is, its shapes, units and errors`);
const isCheck = process.argv.includes('--check');
if (!isCheck) await app.generateOutputs(project); // which finds some links more

const { warningCount, errorCount } = app.logger;
if (warningCount + errorCount + silent.length > 0) process.exit(1);
console.log(
  isCheck
    ? 'every export has a doc comment, and every link leads somewhere'
    : `${folder}/README.md is where the reference begins`,
);

/** Exports without a doc comment, by module. What is not exported is documented where it has something to say. */
function undocumented({ children: modules = [] }: ProjectReflection): string[] {
  return modules.flatMap((module) =>
    (module.children ?? [])
      .filter(({ kind, name }) => kind !== ReflectionKind.Reference && name !== '<internal>')
      .filter((reflection) => !isDocumented(reflection))
      .map(({ name }) => `${module.name}: ${name}`),
  );
}

function isDocumented(reflection: DeclarationReflection): boolean {
  const signatures = reflection.getAllSignatures();
  return reflection.hasComment() || (signatures.length > 0 && signatures.every((one) => one.hasComment()));
}
