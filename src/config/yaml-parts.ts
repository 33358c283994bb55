/** What is used of the package `yaml`. The build makes `dist/yaml.cjs` of it, see `load-yaml.ts`. */
export { Composer, LineCounter, Parser, isAlias, isMap, isScalar, isSeq, stringify } from 'yaml';
