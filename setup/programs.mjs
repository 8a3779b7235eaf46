// @ts-check

/**
 * A program that the mesh needs beside Node, and where it may come from.
 *
 * @typedef {object} Program
 * @property {string} name What the executable is called.
 * @property {string} variable The environment variable that names one to use.
 * @property {string} minimum The oldest version that is accepted.
 * @property {string} version The version that is pinned for a build.
 * @property {RegExp} says How `--version` answers; the first group is the version.
 * @property {Archive} archive The official release.
 * @property {string} goModule The Go module, pinned in `setup/go`.
 * @property {string} goPackage The Go package of the executable.
 * @property {string | undefined} debianPackage Its package in Debian, where there is one.
 * @property {string} homepage Where a person finds it.
 */

/**
 * A release archive. One without a digest for a platform is never downloaded there.
 *
 * @typedef {object} Archive
 * @property {string} version
 * @property {(platform: string) => string} url
 * @property {Readonly<Record<string, string>>} sha256 By platform, such as `linux-amd64`.
 */

/**
 * The broker. The archive is older than the build: 2.15.0 is the newest release whose
 * digests could be checked against the publisher's own container recipe.
 *
 * @type {Program}
 */
export const natsServer = {
  name: "nats-server",
  variable: "MYELIN_NATS_SERVER",
  minimum: "2.12.0",
  version: "2.15.2",
  says: /nats-server: v(\d+\.\d+\.\d+)/,
  archive: {
    version: "2.15.0",
    url: (platform) =>
      `https://github.com/nats-io/nats-server/releases/download/v2.15.0/nats-server-v2.15.0-${platform}.tar.gz`,
    sha256: {
      "linux-amd64": "5d2c51caca950333aba84911df7d377f826f3a59ec36061c6539105084f65c92",
      "linux-arm64": "cdc208f5a3f42963a52b6ab06ef65626bb870315dc936e26ba571780c6351112",
    },
  },
  goModule: "github.com/nats-io/nats-server/v2",
  goPackage: "github.com/nats-io/nats-server/v2",
  debianPackage: "nats-server",
  homepage: "https://nats.io/download",
};

/**
 * The command line client, which the tests use as a plain NATS client.
 *
 * @type {Program}
 */
export const natsCli = {
  name: "nats",
  variable: "MYELIN_NATS_CLI",
  minimum: "0.3.0",
  version: "0.4.0",
  says: /^v?(\d+\.\d+\.\d+)/,
  archive: {
    version: "0.4.0",
    url: (platform) =>
      `https://github.com/nats-io/natscli/releases/download/v0.4.0/nats-0.4.0-${platform}.zip`,
    sha256: {
      "linux-amd64": "8dbd437c826b953dbd7432cf890ef22ba3c33dccc3dce5e71b3e8d055427849c",
      "linux-arm64": "9ce0c8a6653cd697d0b32687fcb53b59c13a2ad7a6ade7af8ad8a1c0f7357a87",
    },
  },
  goModule: "github.com/nats-io/natscli",
  goPackage: "github.com/nats-io/natscli/nats",
  debianPackage: undefined,
  homepage: "https://github.com/nats-io/natscli",
};
