// Sends calls with the unmodified @rudderstack/rudder-sdk-node: only its data plane and write key are ours.
//   HOST=http://127.0.0.1:8080 WRITE_KEY=… node rudder.mjs [calls.jsonl]
// Exit status 1, with the reason on standard error, when a call was not delivered.
import RudderAnalytics from '@rudderstack/rudder-sdk-node'
import { calls, setting } from './calls.mjs'

const failures = []
const rudder = new RudderAnalytics(setting('WRITE_KEY'), {
  dataPlaneUrl: setting('HOST'),
  logLevel: 'none',
  // With a handler the client reports a failed batch here and does not throw.
  errorHandler: (error) => failures.push(error.response ? `[${error.response.status}] ${error.response.statusText}` : error.message),
})

const todo = calls()
let settled = 0
for (const { type, message } of todo) rudder[type](message, () => settled++)
// One flush sends one batch; the first call is flushed by itself as soon as it is made.
while (settled < todo.length && failures.length === 0) {
  await rudder.flush()
  await new Promise(setImmediate)
}

if (failures.length > 0) {
  console.error([...new Set(failures)].join('\n'))
  process.exit(1)
}
process.exit(0)
