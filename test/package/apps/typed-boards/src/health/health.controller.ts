import { Controller, Get } from '@nestjs/common';

@Controller('health')
export class HealthController {
  @Get()
  find() {
    return { up: true };
  }
}

/** Nobody can import it. */
@Controller('hidden')
class HiddenController {
  @Get()
  find() {
    return { hidden: true };
  }
}

export const hidden = [HiddenController];
