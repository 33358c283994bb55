/**
 * The layers of src/, lowest first. A module may import from its own folder and from folders of lower layers; the
 * folders of one layer do not know each other. Type imports count.
 */
const layers = [
  ['errors.ts'],
  ['util'],
  ['stats', 'storage'],
  ['config', 'search', 'adapters/memory', 'adapters/sql'],
  ['adapters/filesystem', 'adapters/postgres', 'adapters/s3', 'data', 'keys'],
  ['privacy'],
  ['sealing'],
  ['runtime', 'models'],
  ['governance'],
  ['tracking', 'maintenance'],
  ['registry'],
  ['drift'],
  ['retraining', 'canary', 'retention'],
  ['lineage', 'monitoring'],
  ['compliance'],
  ['report', 'on-demand.ts'],
  ['index.ts', 'testing', 'worker.ts', 'integrations/onnx', 'integrations/openfeature', 'integrations/opentelemetry'],
  ['server'],
  ['cli'],
];

const inFolder = (name) => (name.endsWith('.ts') ? `^src/${name.replace('.', '\\.')}$` : `^src/${name}/`);

const layerRules = layers.flatMap((layer, height) =>
  layer.map((folder) => ({
    name: `layer-${folder}`,
    comment: `${folder} may import only from lower layers; see docs/architecture.md`,
    severity: 'error',
    from: { path: inFolder(folder) },
    to: {
      path: '^src/',
      pathNot: [folder, ...layers.slice(0, height).flat()].map(inFolder),
    },
  })),
);

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'adapters-know-nothing-above-storage',
      comment: 'an adapter implements the ports; it knows neither policy nor capabilities',
      severity: 'error',
      from: { path: '^src/adapters/' },
      to: { path: '^src/', pathNot: ['^src/adapters/', '^src/storage/', '^src/util/', '^src/errors\\.ts$'] },
    },
    {
      name: 'statistics-are-pure',
      severity: 'error',
      from: { path: '^src/stats/' },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'every-folder-has-a-layer',
      severity: 'error',
      from: { path: '^src/', pathNot: layers.flat().map(inFolder) },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
