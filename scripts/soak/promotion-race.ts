import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { AuditLog, ModelRegistry } from '@bondx/mlops';
import { compilePrograms } from './compile-programs.js';
import { racePolicy } from './race-policy.js';

export interface PromotionRaceResult {
  readonly rounds: number;
  /** Rounds by the number of processes that won them. */
  readonly winners: Readonly<Record<number, number>>;
  /** What the others were told, and how often. */
  readonly others: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

interface Said {
  readonly ready?: string;
  readonly outcome?: string;
  readonly version?: string;
}

/** Processes race to promote versions of their own of one model, round after round. */
export async function runPromotionRace(directory: string, rounds: number, processes = 8): Promise<PromotionRaceResult> {
  await writeFile(join(directory, 'model.json'), '{"kind":"constant","value":1}\n');
  const program = (await compilePrograms('promotion-racer'))('promotion-racer');
  const racers = Array.from({ length: processes }, (_, i) => startRacer(program, directory, String(i)));
  const winners: Record<number, number> = {};
  const others: Record<string, number> = {};
  const problems: string[] = [];
  let production = 'none';
  await Promise.all(racers.map((racer) => racer.hear())); // ready
  for (let round = 1; round <= rounds; round++) {
    for (const racer of racers) racer.say(production);
    const outcomes = await Promise.all(racers.map((racer) => racer.hear()));
    const won = outcomes.filter(({ outcome }) => outcome === 'promoted');
    winners[won.length] = (winners[won.length] ?? 0) + 1;
    for (const { outcome } of outcomes) {
      if (outcome !== 'promoted') others[outcome!] = (others[outcome!] ?? 0) + 1;
    }
    if (won.length !== 1) problems.push(`round ${round}: ${won.length} winners`);
    production = won[0]?.version ?? production;
    await Promise.all(racers.map((racer) => racer.hear()));
  }
  await Promise.all(racers.map((racer) => racer.end()));
  problems.push(...(await inspect(directory, rounds, production)));
  return { rounds, winners, others, problems };
}

function startRacer(program: string, directory: string, number: string) {
  const child = spawn(process.execPath, [program, directory, number], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    say: (line: string) => void child.stdin.write(`${line}\n`),
    async hear(): Promise<Said> {
      const { value, done } = (await lines.next()) as { value?: string; done?: boolean };
      if (done === true || value === undefined) throw new Error(`racer ${number} ended too early`);
      return JSON.parse(value) as Said;
    },
    async end(): Promise<void> {
      child.stdin.end();
      await exited;
    },
  };
}

/** Whether the store tells the same story as the race: one version in production, a history and a trail without gaps. */
async function inspect(directory: string, rounds: number, winner: string): Promise<string[]> {
  const config = racePolicy(directory);
  await using registry = new ModelRegistry(config);
  await using audit = new AuditLog(config);
  const problems: string[] = [];
  const { versions } = await registry.listModels({ modelName: 'raced', stage: 'production' });
  if (versions.map(({ version }) => version).join() !== winner) problems.push('production is not the last winner');

  let inProduction: string | undefined;
  let promotions = 0;
  for (const { kind, version, from, to } of await registry.getHistory('raced')) {
    if (kind !== 'stage_changed') continue;
    if (from === 'Production') {
      if (version !== inProduction) problems.push(`${version} left production without having been there`);
      inProduction = undefined;
    }
    if (to !== 'Production') continue;
    if (inProduction !== undefined) problems.push(`${version} entered production beside ${inProduction}`);
    inProduction = version;
    promotions++;
  }
  if (promotions !== rounds) problems.push(`history has ${promotions} promotions`);
  if (inProduction !== winner) problems.push('history ends with another version in production');

  const { status, reason } = await audit.verify();
  if (status !== 'ok') problems.push(`audit trail: ${reason ?? status}`);
  const records = await audit.list({ action: 'registry.promote', limit: Number.MAX_SAFE_INTEGER });
  const allowed = records.filter(({ decision, detail }) => decision === 'allow' && detail?.['to'] === 'Production');
  if (allowed.length !== rounds) problems.push(`the audit trail has ${allowed.length} promotions`);
  return problems;
}
