import fc from 'fast-check';

// A mutant is noticed by the first counterexample; looking for the smallest takes most of the time.
fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true });
