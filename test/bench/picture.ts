import type { Figure } from './figures.ts'

const [width, labelWidth, barHeight, gap, top] = [720, 250, 26, 12, 48]
const usherColour = '#0f766e'
const otherColour = '#94a3b8'

/** One bar of the picture. */
interface Bar {
  readonly label: string
  readonly value: number
  readonly isUsher: boolean
}

/** What whole requests cost over the platform's limit, as an SVG that is readable on light and dark. */
export function drawPicture(figures: readonly Figure[], caption: string): string {
  const suffix = ' ÷ bare pass-through'
  const measured = figures
    .filter(({ what }) => what.endsWith(suffix))
    .map(({ what, value }): Bar => {
      const label = what.slice(0, -suffix.length)
      return { label, value: value.median, isUsher: !/proxy|plumbing/.test(label) }
    })
  const bars = [{ label: 'bare pass-through', value: 1, isUsher: false }, ...measured]
  const longest = Math.max(...bars.map(({ value }) => value))
  const height = top + bars.length * (barHeight + gap) + 8
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    '  font-family="system-ui, sans-serif" font-size="14" role="img">',
    `<title>${escapeText(caption)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#ffffff"/>`,
    `<text x="16" y="28" font-weight="600" fill="#0f172a">${escapeText(caption)}</text>`,
    ...bars.map((bar, index) => drawBar(bar, top + index * (barHeight + gap), longest)),
    '</svg>',
    '',
  ].join('\n')
}

function drawBar({ label, value, isUsher }: Bar, y: number, longest: number): string {
  const length = ((width - labelWidth - 80) * value) / longest
  const middle = y + barHeight / 2 + 5
  const name = isUsher ? `Usher: ${label}` : label
  return [
    `<text x="${labelWidth - 8}" y="${middle}" text-anchor="end" fill="#0f172a">${escapeText(name)}</text>`,
    `<rect x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="3" fill="${isUsher ? usherColour : otherColour}"/>`,
    `<text x="${(labelWidth + length + 8).toFixed(1)}" y="${middle}" fill="#0f172a">${value.toFixed(2)} ×</text>`,
  ].join('\n')
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
