"""Monitors and monitor groups."""

import re
from datetime import datetime

import pytest
from cloudflare import BadRequestError, NotFoundError


# LB-3: a monitor of which only the type is said has its defaults
# LB-4: ids and times have their form
def test_a_monitor_has_its_defaults(client, account_id):
    monitor = client.load_balancers.monitors.create(account_id=account_id, type="http")
    assert (monitor.method, monitor.path, monitor.expected_codes) == ("GET", "/", "200")
    assert (monitor.interval, monitor.retries, monitor.timeout) == (60, 2, 5)
    assert (monitor.follow_redirects, monitor.allow_insecure) == (False, False)
    assert (monitor.consecutive_up, monitor.consecutive_down) == (0, 0)
    assert re.fullmatch(r"[0-9a-f]{32}", monitor.id)
    for time in (monitor.created_on, monitor.modified_on):
        assert time.endswith("Z") and datetime.fromisoformat(time)


# LB-5: PATCH changes what is supplied
# LB-6: PUT resets what is left out
# LB-7: DELETE gives the id
# LB-9: what was deleted is not found
def test_a_monitor_is_changed_overwritten_and_deleted(client, account_id):
    monitors = client.load_balancers.monitors
    made = monitors.create(account_id=account_id, type="https", path="/health", header={"Host": ["a.example"]})
    assert monitors.get(made.id, account_id=account_id) == made
    assert made.id in [monitor.id for monitor in monitors.list(account_id=account_id)]
    edited = monitors.edit(made.id, account_id=account_id, description="front page")
    assert (edited.description, edited.path, edited.header) == ("front page", "/health", {"Host": ["a.example"]})
    assert edited.modified_on > made.modified_on
    updated = monitors.update(made.id, account_id=account_id, type="https")
    assert (updated.description, updated.path, updated.header) == ("", "/", {})
    assert monitors.delete(made.id, account_id=account_id).id == made.id
    with pytest.raises(NotFoundError):
        monitors.get(made.id, account_id=account_id)


# LB-11: the interval exceeds all attempts together
# LB-12: timeout and retries have bounds
# LB-13: types are known and some need a port
@pytest.mark.parametrize(
    "fields",
    [
        {"type": "http", "interval": 15},
        {"type": "http", "load_balancer_monitor_timeout": 11},
        {"type": "http", "load_balancer_monitor_timeout": 0},
        {"type": "http", "retries": 6},
        {"type": "ldap"},
        {"type": "tcp"},
        {"type": "smtp"},
    ],
)
def test_a_monitor_that_makes_no_sense_is_refused(client, account_id, fields):
    with pytest.raises(BadRequestError) as refused:
        client.load_balancers.monitors.create(account_id=account_id, **fields)
    assert refused.value.errors[0].code == 1002
    assert refused.value.errors[0].message.endswith(": validation failed")


# LB-8: DELETE of a group gives the whole group
def test_a_group_is_created_read_changed_and_deleted(client, account_id):
    monitor = client.load_balancers.monitors.create(account_id=account_id, type="tcp", port=80)
    groups = client.load_balancers.monitor_groups
    member = {"monitor_id": monitor.id, "enabled": True, "monitoring_only": False, "must_be_healthy": True}
    made = groups.create(account_id=account_id, description="votes", members=[member])
    assert groups.get(made.id, account_id=account_id) == made
    assert made.id in [group.id for group in groups.list(account_id=account_id)]
    edited = groups.edit(made.id, account_id=account_id, description="edited", members=[member])
    assert edited.description == "edited"
    member["enabled"] = False
    updated = groups.update(made.id, account_id=account_id, description="updated", members=[member])
    assert (updated.description, updated.members[0].enabled) == ("updated", False)
    assert updated.members[0].created_at == made.members[0].created_at
    referrals = list(groups.references.get(made.id, account_id=account_id))
    assert [(found.reference_type, found.resource_id) for found in referrals] == [("referral", monitor.id)]
    assert groups.delete(made.id, account_id=account_id) == updated
