"""Custom edge certificates and the custom origin trust store."""

import subprocess

import pytest
from cloudflare import BadRequestError, NotFoundError


@pytest.fixture
def certificate(tmp_path):
    """Makes self-signed certificates; gives the certificate and its key in PEM."""

    def make(host, *more):
        paths = tmp_path / f"{host}.key", tmp_path / f"{host}.pem"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += ["-days", "30", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}", *more]
        subprocess.run([*command, "-keyout", paths[0], "-out", paths[1]], check=True, capture_output=True)
        return paths[1].read_text(), paths[0].read_text()

    return make


def test_a_certificate_is_uploaded_renewed_ordered_and_deleted(client, zone, certificate):
    host = f"www.{zone.name}"
    pem, key = certificate(host)
    made = client.custom_certificates.create(zone_id=zone.id, certificate=pem, private_key=key, bundle_method="force")
    assert (made.hosts, made.status, made.bundle_method) == ([host], "active", "force")
    assert client.custom_certificates.get(made.id, zone_id=zone.id) == made
    assert [found.id for found in client.custom_certificates.list(zone_id=zone.id)] == [made.id]
    renewed_pem, renewed_key = certificate(f"new.{zone.name}")
    renewed = client.custom_certificates.edit(
        made.id, zone_id=zone.id, certificate=renewed_pem, private_key=renewed_key
    )
    assert (renewed.id, renewed.hosts) == (made.id, [f"new.{zone.name}"])
    order = [{"id": made.id, "priority": 3}]
    ordered = list(client.custom_certificates.prioritize.update(zone_id=zone.id, certificates=order))
    assert [found.priority for found in ordered] == [3]
    assert client.custom_certificates.delete(made.id, zone_id=zone.id).id == made.id
    with pytest.raises(NotFoundError):
        client.custom_certificates.get(made.id, zone_id=zone.id)


def test_a_key_of_another_certificate_is_refused(client, zone, certificate):
    pem, _ = certificate("a.example")
    _, key = certificate("b.example")
    with pytest.raises(BadRequestError) as refused:
        client.custom_certificates.create(zone_id=zone.id, certificate=pem, private_key=key)
    assert "private_key" in refused.value.errors[0].message


def test_an_authority_is_trusted_until_it_is_deleted(client, zone, certificate):
    pem, _ = certificate("authority.example", "-addext", "keyUsage=keyCertSign")
    store = client.acm.custom_trust_store
    made = store.create(zone_id=zone.id, certificate=pem)
    assert (made.status, made.certificate) == ("active", pem)
    assert store.get(made.id, zone_id=zone.id) == made
    assert [found.id for found in store.list(zone_id=zone.id)] == [made.id]
    assert store.delete(made.id, zone_id=zone.id).id == made.id
    assert list(store.list(zone_id=zone.id)) == []
