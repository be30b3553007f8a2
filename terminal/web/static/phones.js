/** Whether what was keyed looks like a phone number rather than a card's: docs/local-api.md, searches. */

const PHONES = [/^(09\d{2})(\d{3})(\d{3})$/, /^(1[3-9]\d)(\d{4})(\d{4})$/]; // Taiwan, mainland; a card has twelve digits or more

export const isPhone = (number) => PHONES.some((phone) => phone.test(number));

/** In groups, as it is read aloud: a phone number by its country's habit, a card number by fours. */
export function grouped(number) {
  const phone = PHONES.find((one) => one.test(number));
  return phone ? number.replace(phone, "$1 $2 $3") : number.replace(/(\d{4})(?=\d)/g, "$1 ");
}
