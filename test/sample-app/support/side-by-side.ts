import type { Browser } from 'playwright-core';

const html = `
  <!doctype html>
  <style>
    body { margin: 0; padding: 36px; display: flex; gap: 28px }
    body { background: linear-gradient(120deg, #d9d4f7, #f6d9e6 50%, #b9c3ee) }
    img { width: 770px; display: block; border-radius: 14px; box-shadow: 0 24px 60px #2a1f5c59, 0 0 0 1px #2a1f5c26 }
  </style>`;

/** Combines two pictures into one. */
export async function sideBySide(browser: Browser, ...pictures: [Buffer, Buffer]): Promise<Buffer> {
  const page = await browser.newPage({ viewport: { width: 1640, height: 100 } });
  const images = pictures.map((png) => `<img src="data:image/png;base64,${png.toString('base64')}">`);
  await page.setContent(html + images.join(''));
  const picture = await page.screenshot({ fullPage: true });
  await page.close();
  return picture;
}

export function sizeOf(png: Buffer): { width: number; height: number } {
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
}

/** Returns how many colours a picture has, and how light it is on average, from 0 to 255. */
export async function lookAt(browser: Browser, png: Buffer): Promise<{ colours: number; light: number }> {
  const page = await browser.newPage();
  const seen = await page.evaluate<{ colours: number; light: number }>(`(async () => {
    const picture = new Image();
    picture.src = 'data:image/png;base64,${png.toString('base64')}';
    await picture.decode();
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    const context = canvas.getContext('2d');
    context.drawImage(picture, 0, 0);
    const { data } = context.getImageData(0, 0, picture.width, picture.height);
    const colours = new Set();
    let sum = 0;
    for (let at = 0; at < data.length; at += 4) {
      colours.add(data[at] << 16 | data[at + 1] << 8 | data[at + 2]);
      sum += (data[at] + data[at + 1] + data[at + 2]) / 3;
    }
    return { colours: colours.size, light: sum / (data.length / 4) };
  })()`);
  await page.close();
  return seen;
}
