"""A whole training by the Python client that openapi-python-client makes: training.py URL ADMIN_TOKEN PHOTOS.

The client, `likeness_client`, is made by run.py and lies on the path. PHOTOS is a folder. With `--keep` the avatar
stays, and its id, the server token and a capability are printed.
"""

import sys
import time
from io import BytesIO
from pathlib import Path
from uuid import uuid4

from likeness_client import AuthenticatedClient, Client
from likeness_client.api.avatars import create_avatar, erase_avatar, issue_capability, show_avatar
from likeness_client.api.deployment import health
from likeness_client.api.photos import list_photos, upload_photo
from likeness_client.api.pictures import download_picture, order_pictures, show_pictures, show_request
from likeness_client.api.tokens import mint_token
from likeness_client.api.trainings import download_model, show_training, start_training
from likeness_client.models import (
    Avatar, Capability, Erased, Health, ModelStatus, NewAvatar, NewPictures, NewToken, NewTraining, Photo, Photos,
    PhotoState, PicturesStatus, Problem, State, Status, Token, TrainingConfig,
)
from likeness_client.types import File

PATIENCE = 90


def main(url, admin, folder, keep):
    answered = Client(base_url=url, raise_on_unexpected_status=True)
    assert is_a(Health, health.sync(client=answered)).able
    operator = AuthenticatedClient(base_url=url, token=admin, raise_on_unexpected_status=True)
    token = is_a(Token, mint_token.sync(f"py-{uuid4()}", client=operator, body=NewToken(label="A client")))
    client = AuthenticatedClient(base_url=url, token=token.token, raise_on_unexpected_status=True, timeout=30.0)

    avatar = uuid4()
    body = NewAvatar(user_id="user-1", name="Anna", training_config=TrainingConfig(min_photos=10))
    created = is_a(Avatar, create_avatar.sync(avatar, client=client, body=body))
    assert created.avatar_id == avatar and created.photos == [] and created.created_at.tzinfo
    for path in sorted(Path(folder).iterdir()):
        file = File(payload=BytesIO(path.read_bytes()))
        photo = is_a(Photo, upload_photo.sync(avatar, path.stem, client=client, body=file, name=path.name))
        assert photo.photo_id == path.stem and photo.name == path.name
    photos = until(
        lambda: is_a(Photos, list_photos.sync(avatar, client=client)).photos,
        lambda photos: all(photo.state is not PhotoState.WAITING for photo in photos),
    )
    assert all(photo.state is PhotoState.READY and photo.width == 640 for photo in photos), photos

    refused = start_training.sync(avatar, 2, client=client, body=NewTraining())
    assert is_a(Problem, refused).code == "order.wrong_number" and refused.status == 409
    is_a(Status, start_training.sync(avatar, 1, client=client, body=NewTraining()))
    status = until(
        lambda: is_a(Status, show_training.sync(avatar, 1, client=client)),
        lambda status: status.status is not State.IN_PROGRESS,
    )
    assert status.status is State.COMPLETED and status.progress == 100 and status.rejected_photos == []
    model = is_a(ModelStatus, status.model)
    kept = is_a(File, download_model.sync(avatar, 1, client=client)).payload.read()
    assert len(kept) == model.file.length > 1000 and kept[8:9] == b"{", len(kept)
    same = show_request.sync(status.request_id, client=client)
    assert is_a(Status, same).job == status.job

    wanted = NewPictures(prompt="at the sea", count=2)
    is_a(PicturesStatus, order_pictures.sync(avatar, 1, client=client, body=wanted))
    pictures = until(
        lambda: is_a(PicturesStatus, show_pictures.sync(avatar, 1, client=client)),
        lambda pictures: pictures.status is not State.IN_PROGRESS,
    )
    assert pictures.status is State.COMPLETED and len(pictures.files) == 2 and model.trigger_phrase in pictures.prompt
    picture = is_a(File, download_picture.sync(avatar, 1, 1, client=client)).payload.read()
    assert len(picture) == pictures.files[0].length, len(picture)
    shown = is_a(Avatar, show_avatar.sync(avatar, client=client))
    assert len(shown.photos) == len(photos) and len(shown.trainings) == len(shown.pictures) == 1
    if keep:
        capability = is_a(Capability, issue_capability.sync(avatar, client=client)).capability
        print(avatar, token.token, capability)
        return
    erased = is_a(Erased, erase_avatar.sync(avatar, client=client))
    assert erased.erased == avatar
    assert is_a(Problem, show_avatar.sync(avatar, client=client)).code == "avatar.erased"


def is_a(kind, value):
    assert isinstance(value, kind), f"{value} is not a {kind.__name__}"
    return value


def until(look, done):
    end = time.monotonic() + PATIENCE
    while not done(found := look()):
        assert time.monotonic() < end, found
        time.sleep(0.2)
    return found


if __name__ == "__main__":
    main(*sys.argv[1:4], keep="--keep" in sys.argv)
