declare module '*/demo.js' {
  const text: string
  export = text
}
