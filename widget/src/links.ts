/** The only door through which an address becomes a link. */

const PROTOCOLS = { call: ['tel:'], link: ['https:', 'mailto:'] };

/** The address if it is safe for that kind of link, else null. */
export function safeHref(address: string, kind: keyof typeof PROTOCOLS): string | null {
  try {
    const { protocol, href } = new URL(address);
    return PROTOCOLS[kind].includes(protocol) ? href : null;
  } catch {
    return null; // relative or malformed
  }
}
