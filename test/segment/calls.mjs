// What both senders share: their settings from the environment and their calls, one JSON object a
// line, from the file named first on the command line or from standard input.
import { readFileSync } from 'node:fs'

export function setting(name) {
  const value = process.env[name]
  if (!value) {
    console.error(`${name} is not set`)
    process.exit(2)
  }
  return value
}

export function calls() {
  const text = readFileSync(process.argv[2] ?? 0, 'utf8')
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const { type, timestamp, ...message } = JSON.parse(line)
      return { type, message: timestamp ? { ...message, timestamp: new Date(timestamp) } : message }
    })
}
