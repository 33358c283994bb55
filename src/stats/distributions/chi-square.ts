import { gammaQ } from './gamma.js';

/** P(X > x) for the chi-square distribution. */
export const chiSquareSf = (x: number, degreesOfFreedom: number): number => gammaQ(degreesOfFreedom / 2, x / 2);
