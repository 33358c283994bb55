/**
 * Lives a year with a model, three times: in a world that stays as it is, in one whose bonds become others, and in one where
 * what makes spreads changes. Usage: npm run soak:year [calm|moved|changed] [seed]
 */
import { liveModelYear, worlds } from './model-year.js';

const [wanted, seed = 'year'] = process.argv.slice(2);
const chosen = worlds.filter((world) => wanted === undefined || world === wanted);
if (chosen.length === 0) throw new Error(`there is no world ${wanted}; choose ${worlds.join(', ')}`);
for (const world of chosen) {
  console.log(`\n${world}`);
  const { problems, ...year } = await liveModelYear({
    ...{ world, seed, days: 365, changeDay: 120, rowsPerDay: 400 },
    onEvent: (day, text) => console.log(`${String(day).padStart(5)}  ${text}`),
  });
  const { alerts, promotions, retrainings, lossAtEnd } = year;
  console.log(
    `${alerts.length} alerts, ${retrainings.registered} challengers registered and ${retrainings.rejected} rejected, ` +
      `${promotions.length} promoted; mean absolute error at the end ${lossAtEnd.toFixed(2)}`,
  );
  for (const problem of problems) console.log(`PROBLEM: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}
