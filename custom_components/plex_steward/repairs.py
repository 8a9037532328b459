"""The dialogues behind the repairs: each explains and, where it can, mends.

To add one, name its class here under the issue's kind (see `stewardship.health.raise_issue`).
"""

from typing import Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.components.repairs.const import FlowType
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntryState
from homeassistant.const import CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import probatio

from .const import DOMAIN
from .coordinators.jobs import Busy
from .data import StewardConfigEntry
from .mirror.guard import APPROVABLE
from .stewardship import health, inventory_file
from .stewardship.housekeeping_work import Approval
from .stewardship.mirror_records import RunRecord, plan_text
from .stewardship.relocate import relocate
from .stewardship.trash_repairs import KINDS


class EntryRepair(RepairsFlow):
    """A repair of one entry; ends without a change when the entry is gone."""

    entry: StewardConfigEntry

    def __init__(self, entry: StewardConfigEntry, data: dict[str, Any]) -> None:
        """Know the entry and what the issue was raised with."""
        self.entry = entry
        self.facts = data

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin with the explanation."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Explain; mend when the user submits."""
        if user_input is not None:
            return await self.mend()
        return self.explain()

    def explain(self, error: str | None = None) -> RepairsFlowResult:
        """Show the explanation, with what is still wrong."""
        return self.async_show_form(
            step_id="confirm",
            data_schema=probatio.Schema({}),
            errors={"base": error} if error else None,
            description_placeholders={"name": self.entry.title},
        )

    async def mend(self) -> RepairsFlowResult:
        """Do what the explanation promised."""
        raise NotImplementedError


class LookAgain(EntryRepair):
    """The server is at none of its addresses: look for it."""

    async def mend(self) -> RepairsFlowResult:
        """Look; come back with the explanation when it is nowhere."""
        if not await relocate(self.hass, self.entry):
            return self.explain("not_reachable")
        self.hass.config_entries.async_schedule_reload(self.entry.entry_id)
        return self.async_create_entry(data={})


class Certificate(LookAgain):
    """The certificate does not fit: look for an address where it does, or stop checking."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Let the user choose."""
        return self.async_show_menu(
            step_id="init",
            menu_options=["confirm", "verify_off"],
            description_placeholders={"name": self.entry.title},
        )

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Look."""
        return await self.mend()

    async def async_step_verify_off(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Stop checking certificates of this server."""
        self.hass.config_entries.async_update_entry(self.entry, data={**self.entry.data, CONF_VERIFY_SSL: False})
        self.hass.config_entries.async_schedule_reload(self.entry.entry_id)
        return self.async_create_entry(data={})


class SignInAgain(EntryRepair):
    """Another token is needed: go on with the reconfiguration's dialogue."""

    async def mend(self) -> RepairsFlowResult:
        """Open it."""
        flow = await self.hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": self.entry.entry_id}
        )
        return self.async_create_entry(data={}, next_flow=(FlowType.CONFIG_FLOW, flow["flow_id"]))


class ApproveRun(EntryRepair):
    """The guard refused a run: show what it would do, and allow that very plan once."""

    @property
    def refused(self) -> RunRecord | None:
        """The refused run; None when the mirror is gone or has come through since."""
        if self.entry.state is not ConfigEntryState.LOADED:
            return None
        mirror = self.entry.runtime_data.mirrors.get(str(self.facts["subject"]))
        last = mirror.data.last_attempt if mirror else None
        return last if last and last.approvable else None

    def explain(self, error: str | None = None) -> RepairsFlowResult:
        """Show the first lines of the plan."""
        if (refused := self.refused) is None:
            return self.async_abort(reason="mirror_gone")
        return self.async_show_form(
            step_id="confirm",
            data_schema=probatio.Schema({}),
            errors={"base": error} if error else None,
            description_placeholders={
                "mirror": self.entry.subentries[str(self.facts["subject"])].title,
                "plan": plan_text(refused),
                **{key: str(value) for key, value in refused.facts.items()},
            },
        )

    async def mend(self) -> RepairsFlowResult:
        """Begin the run; its sensors show the rest."""
        if (refused := self.refused) is None:
            return self.async_abort(reason="mirror_gone")
        try:
            self.entry.runtime_data.mirrors[str(self.facts["subject"])].async_launch(
                "sync", "repair", approve=refused.digest
            )
        except Busy:
            return self.explain("mirror_busy")
        return self.async_create_entry(data={})


class ApproveTrash(EntryRepair):
    """A trash was not emptied: show the counts, and allow it once, as it is."""

    async def mend(self) -> RepairsFlowResult:
        """Put it into the queue; a trash that is fuller than shown is refused again."""
        if self.entry.state is not ConfigEntryState.LOADED or not (keeper := self.entry.runtime_data.housekeeping):
            return self.explain("server_away")
        approval = Approval(str(self.facts["reason"]), int(self.facts["trashed"]))
        keeper.approve(str(self.facts["subject"]), approval)
        return self.async_create_entry(data={})

    def explain(self, error: str | None = None) -> RepairsFlowResult:
        """Show the counts, which the issue has."""
        issue_id = health.issue_id(self.entry, str(self.facts["kind"]), str(self.facts["subject"]))
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, issue_id)
        return self.async_show_form(
            step_id="confirm",
            data_schema=probatio.Schema({}),
            errors={"base": error} if error else None,
            description_placeholders=issue.translation_placeholders if issue else None,
        )


class DropBroken(EntryRepair):
    """An inventory that could not be read was set aside: delete it."""

    async def mend(self) -> RepairsFlowResult:
        """Delete it."""
        await inventory_file.drop_broken(self.hass, self.entry)
        return self.async_create_entry(data={})


FLOWS: dict[str, type[EntryRepair]] = {
    "address_gone": LookAgain,
    "certificate": Certificate,
    inventory_file.REBUILT: DropBroken,
    "not_owner": SignInAgain,
    "wrong_token_kind": SignInAgain,
    **{f"mirror_{reason}": ApproveRun for reason in APPROVABLE},
    **dict.fromkeys(KINDS, ApproveTrash),
}


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Find the dialogue for an issue."""
    facts = data or {}
    entry = hass.config_entries.async_get_known_entry(str(facts["entry_id"]))
    return FLOWS[str(facts["kind"])](entry, facts)
