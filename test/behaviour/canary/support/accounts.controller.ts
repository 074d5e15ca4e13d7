import { Controller, Get, Put, UseGuards } from '@nestjs/common';
import { Exclude, Expose } from 'class-transformer';
import { PublishOnUpdate, Resourceful, SubscribeOnRead } from '../../../../src/index.js';
import { CANARIES } from './canaries.js';
import { fault } from './faults.js';
import { SessionGuard, type User } from './users.js';

class Account {
  id = 1;
  name = 'account';
  @Exclude() email: string;
  @Exclude() hash = CANARIES.forNobody;

  constructor(email: string) {
    this.email = email;
  }
}

class PublicAccount {
  @Expose() id!: number;
  @Expose() name!: string;
}

class AdminAccount extends PublicAccount {
  @Expose() email!: string;
}

/** Of which two audiences see different views. */
@Controller('accounts')
@UseGuards(SessionGuard)
@Resourceful('account', {
  view: PublicAccount,
  views: { admin: AdminAccount },
  audience: (user?: User) => {
    if (user?.id === 'nora') throw fault();
    return user?.id === 'root' ? 'admin' : undefined;
  },
})
export class AccountsController {
  @Get()
  @SubscribeOnRead({ watch: true })
  find() {
    return [];
  }

  @Get('1')
  @SubscribeOnRead({ recheck: '1h' })
  findOne() {
    return new Account(CANARIES.forAdmins);
  }

  @Put('1')
  @PublishOnUpdate({ id: 'id', previous: () => new Account(CANARIES.formerForAdmins) })
  update() {
    return new Account(CANARIES.forAdmins);
  }
}
