const time = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

/** Shows when something happened: today, the time of day; before that, the date. */
export function timeElement(iso) {
  const date = new Date(iso);
  const isToday = date.toDateString() === new Date().toDateString();
  const moment = document.createElement('time');
  moment.dateTime = iso;
  moment.textContent = (isToday ? time : day).format(date);
  return moment;
}
