import type { MeshMetrics } from "./metrics.ts";
import { type Add, buckets, one, type Sample, tallied } from "./samples.ts";
import type { Backlog, TaskMeter } from "./task-meter.ts";

/** The metrics of tasks: of who submits, of who works, and of what waits where keeper counts it. */
export function addTasks(add: Add, metrics: MeshMetrics): void {
  const all = (): Iterable<TaskMeter> => metrics.tasks.all();
  add("counter", "mesh_task_submitted_total", "Tasks that were stored.", () =>
    one(all(), (meter) => meter.submitted),
  );
  add("counter", "mesh_task_submit_errors_total", "Tasks that were not stored, by code.", () =>
    tallied(all(), "code", (meter) => meter.submitErrors),
  );
  add("gauge", "mesh_task_running", "Attempts under way.", () =>
    one(all(), (meter) => meter.running),
  );
  add("counter", "mesh_task_parked_total", "Times that a task waited for its key.", () =>
    one(all(), (meter) => meter.parked),
  );
  add("counter", "mesh_task_attempts_total", "Attempts that are over, by outcome.", () =>
    tallied(all(), "outcome", (meter) => meter.attempts),
  );
  add("counter", "mesh_task_ended_total", "Tasks that ended for good, by outcome.", () =>
    tallied(all(), "outcome", (meter) => meter.ends),
  );
  add(
    "histogram",
    "mesh_task_wait_seconds",
    "How long tasks were stored before their first attempt.",
    (name) => buckets(name, all(), (meter) => meter.waits),
  );
  add("histogram", "mesh_task_attempt_duration_seconds", "How long attempts took.", (name) =>
    buckets(name, all(), (meter) => meter.latency),
  );
  addBacklogs(add, metrics);
}

function addBacklogs(add: Add, metrics: MeshMetrics): void {
  const gauges: readonly (readonly [name: string, help: string, of: (one: Backlog) => number])[] = [
    ["mesh_tasks_pending", "Tasks that nobody has taken yet.", ({ pending }) => pending],
    ["mesh_tasks_in_work", "Tasks with a worker, or before another attempt.", (one) => one.inWork],
    ["mesh_tasks_stuck", "Of these, those whose instance is gone.", ({ stuck }) => stuck],
    ["mesh_tasks_oldest_seconds", "Age of the oldest task.", ({ oldestSeconds }) => oldestSeconds],
  ];
  for (const [name, help, of] of gauges) {
    add("gauge", name, help, () => metrics.backlogs.map((backlog) => sampleOf(backlog, of)));
  }
}

function sampleOf(backlog: Backlog, of: (one: Backlog) => number): Sample {
  const { agent, priority } = backlog;
  return { value: of(backlog), labels: { agent, priority } };
}
