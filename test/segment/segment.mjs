// Sends calls with the unmodified @segment/analytics-node: only its host and write key are ours.
//   HOST=http://127.0.0.1:8080 WRITE_KEY=… node segment.mjs [calls.jsonl]
// Exit status 1, with the reason on standard error, when a call was not delivered.
import { Analytics } from '@segment/analytics-node'
import { calls, setting } from './calls.mjs'

const analytics = new Analytics({ host: setting('HOST'), writeKey: setting('WRITE_KEY') })
const failures = []
analytics.on('error', (error) => failures.push(error.reason?.message ?? String(error.reason ?? error)))

const todo = calls()
let settled = 0
for (const { type, message } of todo) analytics[type](message, () => settled++)
await analytics.closeAndFlush({ timeout: 30_000 })

if (settled < todo.length) failures.push(`${todo.length - settled} of ${todo.length} calls were not answered in time`)
if (failures.length > 0) {
  console.error([...new Set(failures)].join('\n'))
  process.exit(1)
}
process.exit(0)
