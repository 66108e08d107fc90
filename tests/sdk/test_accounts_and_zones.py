"""Accounts, the token, zones and their settings."""

import pytest
from cloudflare import BadRequestError, NotFoundError


def test_the_token_is_active_and_the_user_is_its_holder(client):
    token = client.user.tokens.verify()
    assert token.status == "active"
    assert client.user.get().id == token.id


def test_an_account_is_listed_and_read(client, account_id):
    account = client.accounts.get(account_id=account_id)
    assert (account.id, account.type) == (account_id, "standard")


def test_a_zone_is_created_read_listed_and_deleted(client, account_id, name):
    zone = client.zones.create(account={"id": account_id}, name=f"{name}.example", type="full")
    assert (zone.name, zone.status, zone.account.id) == (f"{name}.example", "active", account_id)
    assert client.zones.get(zone_id=zone.id) == zone
    assert [found.id for found in client.zones.list(name=zone.name)] == [zone.id]
    assert client.zones.delete(zone_id=zone.id).id == zone.id
    with pytest.raises(NotFoundError):
        client.zones.get(zone_id=zone.id)


def test_zones_come_page_by_page_without_repeats(client, account_id, name):
    made = {client.zones.create(account={"id": account_id}, name=f"{name}-{n}.example").id for n in range(5)}
    listed = [zone.id for zone in client.zones.list(per_page=2)]
    assert made <= set(listed)
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    ("setting", "default", "value"),
    [
        ("ssl", "full", "strict"),
        ("always_use_https", "off", "on"),
        ("proxy_read_timeout", 120, 600),
        ("max_upload", 100, 200),
        ("pseudo_ipv4", "off", "add_header"),
        ("origin_error_page_pass_thru", "off", "on"),
        ("websockets", "on", "off"),
    ],
)
def test_a_setting_is_read_and_changed(client, zone, setting, default, value):
    assert client.zones.settings.get(setting, zone_id=zone.id).value == default
    assert client.zones.settings.edit(setting, zone_id=zone.id, value=value).value == value
    assert client.zones.settings.get(setting, zone_id=zone.id).value == value


def test_a_setting_out_of_range_is_refused(client, zone):
    with pytest.raises(BadRequestError) as refused:
        client.zones.settings.edit("proxy_read_timeout", zone_id=zone.id, value=6001)
    assert refused.value.errors[0].code == 1002
