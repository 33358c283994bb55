/**
 * One spelling of names that differ in case or Unicode form, or in what is not seen, such as a zero-width space. Through
 * upper case, where `ß` and `SS`, and both forms of a small sigma, are the same.
 */
export const foldName = (id: string): string =>
  id
    .normalize('NFKC')
    .replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '')
    .trim()
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKC');
