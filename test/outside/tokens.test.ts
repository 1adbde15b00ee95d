// The mint must work on both sides of the socket: the same laws, in Node.
import '../edge/tokens.test.ts'
