export * from './boosting';
export * from './scoring';
