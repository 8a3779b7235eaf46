/** Who does what in this bench, and the mesh.yaml that lets them. */
export const names = {
  workspace: "bench",
  worker: "bench-worker",
  submitter: "bench-submitter",
  publisher: "bench-publisher",
  follower: "bench-follower",
  auditor: "bench-auditor",
  keeper: "keeper",
} as const;

export const meshFile = `version: 1
workspaces:
  ${names.workspace}:
    agents:
      ${names.worker}: { skills: [echo] }
      ${names.submitter}: { submits: [${names.worker}.echo] }
      ${names.publisher}: { publishes: [noted] }
      ${names.follower}:
        follows:
          mesh: { from: beginning, events: [${names.publisher}.noted] }
          raw: { from: beginning, events: [${names.publisher}.noted] }
    streams: { events: { maxBytes: 2000000000 } }
    roles:
      keeper: { members: [${names.keeper}] }
      auditor: { members: [${names.auditor}] }
`;
