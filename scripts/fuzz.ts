/**
 * Fuzzes every parser and prints a table; exit code 1 when an input failed with anything but a typed error, took over 50 ms a
 * KiB, or polluted a prototype.
 *
 *     npm run fuzz -- [inputs a parser, 100000] [seed, 1] [parser]
 */
import { fuzzParsers } from '../tests/security/fuzz.js';

const [count = '100000', seed = '1', only] = process.argv.slice(2);
const results = await fuzzParsers(Number(count), Number(seed), only);
console.table(
  results.map(({ parser, inputs, accepted, refused, slowest, faults }) => ({
    ...{ parser, inputs, accepted, refused, faults: faults.length, 'slowest ms/KiB': Number(slowest.toFixed(2)) },
  })),
);
for (const { parser, faults } of results) for (const fault of faults.slice(0, 10)) console.log(`${parser}: ${fault}`);
if (results.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
