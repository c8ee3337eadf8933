// The views, by the addresses that they are for.
//
// A view is `{title, tab, every, matches(path), load(place, signal, memory), show({place, data, memory, redraw, reload})}`: `every` is how
// many milliseconds after a load it is loaded again, `memory` lives for as long as one stays at the address.

import { overview } from "./overview.js";
import { workflows } from "./workflows.js";
import { workflow } from "./workflow.js";
import { deadLetters } from "./dead-letters.js";
import { deadLetter } from "./dead-letter.js";
import { services } from "./services.js";
import { schedules } from "./schedules.js";
import { access } from "./access.js";
import { state } from "./state.js";

export const views = [overview, workflows, workflow, deadLetters, deadLetter, services, schedules, access, state];
