/** xxHash64 with seed 0, from its description (doc/xxhash_spec.md, section XXH64). */

const PRIME1: u64 = 0x9e3779b185ebca87;
const PRIME2: u64 = 0xc2b2ae3d27d4eb4f;
const PRIME3: u64 = 0x165667b19e3779f9;
const PRIME4: u64 = 0x85ebca77c2b2ae63;
const PRIME5: u64 = 0x27d4eb2f165667c5;

export function xxHash64(from: usize, bytes: usize): u64 {
  let rest = bytes;
  let hash: u64 = PRIME5;
  if (rest >= 32) {
    let a: u64 = PRIME1 + PRIME2;
    let b: u64 = PRIME2;
    let c: u64 = 0;
    let d: u64 = 0 - PRIME1;
    do {
      a = round(a, load<u64>(from));
      b = round(b, load<u64>(from, 8));
      c = round(c, load<u64>(from, 16));
      d = round(d, load<u64>(from, 24));
      from += 32;
      rest -= 32;
    } while (rest >= 32);
    hash = rotl<u64>(a, 1) + rotl<u64>(b, 7) + rotl<u64>(c, 12) + rotl<u64>(d, 18);
    hash = join(join(join(join(hash, a), b), c), d);
  }
  hash += <u64>bytes;
  for (; rest >= 8; rest -= 8, from += 8) hash = rotl<u64>(hash ^ round(0, load<u64>(from)), 27) * PRIME1 + PRIME4;
  if (rest >= 4) {
    hash = rotl<u64>(hash ^ (<u64>load<u32>(from) * PRIME1), 23) * PRIME2 + PRIME3;
    rest -= 4;
    from += 4;
  }
  for (; rest > 0; rest--, from++) hash = rotl<u64>(hash ^ (<u64>load<u8>(from) * PRIME5), 11) * PRIME1;
  hash = (hash ^ (hash >> 33)) * PRIME2;
  hash = (hash ^ (hash >> 29)) * PRIME3;
  return hash ^ (hash >> 32);
}

// @ts-ignore: decorator
@inline
function round(lane: u64, value: u64): u64 {
  return rotl<u64>(lane + value * PRIME2, 31) * PRIME1;
}

// @ts-ignore: decorator
@inline
function join(hash: u64, lane: u64): u64 {
  return (hash ^ round(0, lane)) * PRIME1 + PRIME4;
}
