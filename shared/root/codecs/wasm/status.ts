/** What a decoder answers: 0, or why there is no result. The texts stand in ../wasm-status.ts, in this order. */
export const OK: i32 = 0;
export const ENDS_EARLY: i32 = 1;
export const TOO_LONG: i32 = 2;
export const TOO_SHORT: i32 = 3;
export const BAD_HEADER: i32 = 4;
export const BAD_BLOCK: i32 = 5;
export const BAD_CODE: i32 = 6;
export const BAD_SYMBOL: i32 = 7;
export const BAD_DISTANCE: i32 = 8;
export const BAD_CHECKSUM: i32 = 9;
/** Sound, perhaps, but of a kind that is not decoded here. */
export const OTHER_KIND: i32 = 10;
