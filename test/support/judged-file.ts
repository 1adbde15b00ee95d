import { afterAll } from 'vitest'
import { beginFile, endFile } from './judged-recordings.ts'

// Runs with every file of tests that may open a stand-in; the first that is judged waits for the descriptions.

beginFile()
afterAll(endFile, 60_000)
