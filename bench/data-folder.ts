/** The folder of the real data sets: the first argument that is no option, or else beside the repository. */
export const dataFolder = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? '../shared/data';
