"""What holds for every page that we write: a report of a run, of several, of a sweep."""
from browser import CHROMIUM, Browser
from harness import *

# Text whose contrast with what is behind it is less than WCAG AA asks for.
FAINT_TEXT = """(() => {
    const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
    const light = colour => numbers(colour).slice(0, 3).map(c => c / 255)
        .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = element => {
        for (let at = element; at; at = at.parentElement) {
            const colour = getComputedStyle(at).backgroundColor;
            if (numbers(colour)[3] !== 0) return colour;
        }
    };
    const faint = [];
    for (const element of document.querySelectorAll("body *")) {
        if (element.tagName === "title") continue;  // is told by the browser, in its own colours
        if (![...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
        const style = getComputedStyle(element);
        const ink = element instanceof SVGElement ? style.fill : style.color;
        const [a, b] = [light(ink), light(behind(element))].sort((a, b) => b - a);
        if ((a + 0.05) / (b + 0.05) < 4.5) faint.push(element.tagName + ": " + element.textContent.slice(0, 40));
    }
    return faint;
})()"""

# Labels of charts that lie outside of their pictures.
LABELS_CUT_OFF = """[...document.querySelectorAll('svg text')].filter(text => {
    const box = text.getBoundingClientRect(), frame = text.ownerSVGElement.getBoundingClientRect();
    return box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1;
}).map(text => text.textContent)"""


class PageTest(PipelineTest):
    def check_page(self, page):
        """Nothing asked for, nothing complained of, nothing cut off or too faint, however it is read."""
        browser = Browser()
        self.addCleanup(browser.close)
        for width, dark in ((390, False), (390, True), (1280, False), (1280, True)):
            with self.subTest(page=page.name, width=width, dark=dark):
                complaints, asked = browser.open(page, width, dark=dark)
                self.assertEqual(complaints, [])
                self.assertEqual(asked, [])
                self.assertEqual(browser.evaluate("document.documentElement.scrollWidth"), width)
                self.assertEqual(browser.evaluate(FAINT_TEXT), [])
                self.assertEqual(browser.evaluate(
                    "[...document.images].filter(image => !image.complete || image.naturalWidth == 0).length"), 0)
                white = browser.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
                self.assertNotEqual(white, dark)
        return browser


__all__ = ["CHROMIUM", "LABELS_CUT_OFF", "PageTest"]
