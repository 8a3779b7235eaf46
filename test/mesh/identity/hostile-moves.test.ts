import { Store } from "@myelin/subjects";
import { patient } from "../../support/dial.ts";
import { defended } from "../../support/hostile/defended.ts";
import { holds, succeeds, withTasks } from "../../support/hostile/store.ts";

const { dead } = Store;

for (const outcome of ["redriven", "dropped"]) {
  defended(`no agent says that a dead letter is ${outcome}`, {
    attack: async (mesh) => {
      const jsm = await mesh.store(dead);
      const marker = `mesh.dead.${outcome}.bob.wipe.t1.0`;
      const mallory = await mesh.login("mallory");
      mallory.publish(marker, "evil");
      return succeeds(mesh, mallory, () => holds(jsm, marker, "evil"));
    },
    without: { granted: { publish: ["mesh.dead.*.bob.>"] } },
  });
}

defended("no agent reads another's dead letters", {
  attack: async (mesh) => {
    await mesh.store(dead);
    const letter = "mesh.dead.task.bob.wipe.t1.0";
    await (await mesh.login("bob")).request(letter, "secret", patient);
    const mallory = await mesh.login("mallory");
    const own = { timeout: mesh.within(500) };
    const asked = mallory.request(`mesh.js.DIRECT.GET.${dead}.${letter}`, "", own);
    return (await asked.catch(() => undefined))?.string() === "secret";
  },
  without: { granted: { publish: [`mesh.js.DIRECT.GET.${dead}.>`] } },
});

defended("no agent brings a task back under the name of who may", {
  attack: async (mesh) => {
    const jsm = await withTasks(mesh);
    const moved = "mesh.task.bob.wipe.high.door";
    const mallory = await mesh.login("mallory");
    mallory.publish(moved, "evil");
    return succeeds(mesh, mallory, () => holds(jsm, moved, "evil"));
  },
  without: { granted: { publish: ["mesh.task.bob.*.*.*"] } },
});

defended("no agent brings an event back to another's subscription", {
  attack: async (mesh) => {
    const jsm = await withTasks(mesh);
    const moved = "mesh.moved.bob.diary.mallory";
    const mallory = await mesh.login("mallory");
    mallory.publish(moved, "evil");
    return succeeds(mesh, mallory, () => holds(jsm, moved, "evil"));
  },
  without: { granted: { publish: ["mesh.moved.*.*.mallory"] } },
});
