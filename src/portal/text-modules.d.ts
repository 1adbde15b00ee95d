/** What browsers get is imported as the text that it is: `import page from './assets/page.js' with { type: 'text' }`. */
declare module '*/page.js' {
  const text: string
  export = text
}

declare module '*/client.js' {
  const text: string
  export = text
}

declare module '*.css' {
  const text: string
  export = text
}
