import assert from "node:assert/strict";
import { test } from "node:test";
import { HostileMesh } from "./mesh.ts";
import type { Weakness } from "./weakness.ts";

/** An attack, and the one defence without which it succeeds. */
export interface Defended {
  /** Tries it, and tells whether it got what it wanted. */
  readonly attack: (mesh: HostileMesh) => Promise<boolean>;
  readonly without: Weakness;
}

/**
 * Two tests: the attack fails against the mesh as it is, and succeeds where the defence is taken away. Without the second one
 * nobody would notice that an attack has stopped being one.
 */
export function defended(promise: string, { attack, without }: Defended): void {
  test(promise, async () => {
    await using mesh = await HostileMesh.start();
    assert.equal(await attack(mesh), false, "the attack succeeded");
  });
  test(`without its defence the attack succeeds: ${promise}`, async () => {
    await using mesh = await HostileMesh.start(without);
    assert.equal(await attack(mesh), true, "the attack fails anyway: this tests nothing");
  });
}
