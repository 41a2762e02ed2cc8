import { describe, expect, it } from 'vitest';
import { fixedTimeout, learnedTimeout, timeoutOf } from './timeout.ts';

describe('learnedTimeout', () => {
  it('waits as long as it may until it has seen enough answers', () => {
    const timeout = learnedTimeout(30_000, 100);
    for (let answer = 0; answer < 7; answer++) timeout.learn(20);
    expect(timeout.ms()).toBe(30_000);
    timeout.learn(50);
    expect(timeout.ms()).toBe(500);
  });

  it('stays between its bounds', () => {
    const timeout = learnedTimeout(30_000, 1000);
    for (let answer = 0; answer < 10; answer++) timeout.learn(1);
    expect(timeout.ms()).toBe(1000);
    timeout.learn(20_000);
    expect(timeout.ms()).toBe(30_000);
  });

  it('forgets a slow answer after a while', () => {
    const timeout = learnedTimeout(30_000, 100);
    timeout.learn(2000);
    for (let answer = 0; answer < 64; answer++) timeout.learn(20);
    expect(timeout.ms()).toBe(200);
  });

  it('doubles with each miss until there is an answer', () => {
    const timeout = learnedTimeout(1000, 100);
    for (let answer = 0; answer < 8; answer++) timeout.learn(10);
    timeout.missed();
    expect(timeout.ms()).toBe(200);
    for (let miss = 0; miss < 9; miss++) timeout.missed();
    expect(timeout.ms()).toBe(1000);
    timeout.learn(10);
    expect(timeout.ms()).toBe(100);
  });
});

describe('timeouts', () => {
  it('are shared by all that ask one server', () => {
    const one = timeoutOf('http://a.test', 9000);
    for (let answer = 0; answer < 8; answer++) one.learn(600);
    expect(timeoutOf('http://a.test', 9000).ms()).toBe(6000);
    expect(timeoutOf('http://b.test', 9000).ms()).toBe(9000);
    expect(fixedTimeout(7).ms()).toBe(7);
  });
});
