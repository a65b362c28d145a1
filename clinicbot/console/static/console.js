// What htmx can't say by itself: a request that failed is told in words, in the page's status region.
// Without this file every page works all the same.
const tell = (text) => {
  const line = document.createElement('p')
  line.className = 'status problem'
  line.textContent = text
  document.getElementById('status').replaceChildren(line)
}

document.addEventListener('htmx:responseError', (event) => {
  const page = new DOMParser().parseFromString(event.detail.xhr.responseText, 'text/html')
  const words = page.querySelector('main h1 + p') ?? page.querySelector('main h1')
  tell(words ? words.textContent : String(event.detail.xhr.status))
})

document.addEventListener('htmx:sendError', () => {
  tell(document.body.dataset.offline)
})

// after a form was refused, a screen reader and the keyboard are at what is wrong
document.getElementById('error-summary')?.focus()
