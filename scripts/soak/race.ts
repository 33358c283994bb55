/** Eight processes race to promote versions of one model. Usage: npm run soak:race [rounds, 200 unless told] */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runPromotionRace } from './promotion-race.js';

const directory = await mkdtemp(join(tmpdir(), 'race-'));
const { problems, ...result } = await runPromotionRace(directory, Number(process.argv[2] ?? 200));
await rm(directory, { recursive: true, force: true });
for (const problem of problems) console.log(problem);
console.log(JSON.stringify(result));
if (problems.length > 0) process.exitCode = 1;
