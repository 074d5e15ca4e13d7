import { afterAll, beforeAll, expect, inject } from 'vitest';
import { record } from './record.js';
import type { Suite } from './table.js';
import { Scene, type Subject } from './scene.js';

/** The scene of a `describe`, which is opened anew whenever its server has died. */
export function sceneOf(subject: Subject): () => Promise<Scene> {
  let scene: Scene | undefined;
  beforeAll(async () => {
    scene = await Scene.open(subject);
  });
  afterAll(() => scene?.close());
  return async () => {
    if (!scene || scene.server.death) {
      await scene?.close();
      scene = await Scene.open(subject);
    }
    return scene;
  };
}

/** Keeps what came of an attempt; others than the library are only compared with. */
export function keep(suite: Suite, what: string, subject: Subject, faults: string[], result: string): void {
  record({ suite, what, subject: subject.name, faults, result });
  if (subject.server === 'library') expect(faults).toEqual([]);
}

/** The servers that a suite is about: the library and, in the full form, what it is compared with. */
export const subjectsOf = (own: Subject[], others: readonly Subject[]): Subject[] =>
  inject('full') ? [...own, ...others] : own.slice(0, 1);
