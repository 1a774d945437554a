"""A bot made with a released client of the Bot API, unmodified. It answers one person through the server that the tests
put in Telegram's place, and checks that the client understands every answer of that server.

    python bot.py ADDRESS TOKEN

Prints a line of JSON for each thing that happened, and ends after the word "enough".
"""

import asyncio
import json
import os
import sys
import traceback

from telegram import BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, MessageHandler, filters

ADDRESS, TOKEN = sys.argv[1:]
done = asyncio.Event()


def told(**facts):
    print(json.dumps(facts), flush=True)


async def refused(kind, action):
    """Awaits an action that must be refused with this kind of error."""
    try:
        await action
    except kind as error:
        return str(error)
    raise AssertionError(f"{kind.__name__} was not raised")


async def start(update, context):
    buttons = InlineKeyboardMarkup([[InlineKeyboardButton("Press", callback_data="pressed")]])
    sent = await update.effective_message.reply_text("Hello", reply_markup=buttons)
    told(event="start", name=update.effective_user.first_name, language=update.effective_user.language_code,
         message=sent.message_id, chat=sent.chat.id, buttons=len(sent.reply_markup.inline_keyboard))


async def photo(update, context):
    message = update.effective_message
    sizes = [(size.width, size.height) for size in message.photo]
    file = await message.photo[-1].get_file()
    content = bytes(await file.download_as_bytearray())
    shown = await message.reply_photo(content)
    kept = await message.reply_document(content, filename="photo.jpg")
    album = await message.reply_media_group([InputMediaPhoto(content), InputMediaPhoto(content)])
    told(event="photo", album=message.media_group_id, sizes=sizes, bytes=len(content), size=file.file_size,
         messages=[shown.message_id, kept.message_id, *(one.message_id for one in album)])


async def pressed(update, context):
    query = update.callback_query
    await query.answer("One moment")
    edited = await query.edit_message_text("Pressed")
    again = await refused(BadRequest, query.edit_message_text("Pressed"))
    gone = await refused(BadRequest, context.bot.edit_message_text("Gone", query.message.chat.id, 999999))
    lost = await refused(BadRequest, context.bot.get_file("unknown"))
    told(event="pressed", data=query.data, text=edited.text, again=again, gone=gone, lost=lost)


async def slower(update, context):
    try:
        await update.effective_message.reply_text("Too fast")
    except RetryAfter as error:
        told(event="slower", seconds=getattr(error.retry_after, "total_seconds", lambda: error.retry_after)())


async def blocked(update, context):
    told(event="blocked", why=await refused(Forbidden, update.effective_message.reply_text("Are you there?")))


async def enough(update, context):
    done.set()


async def failed(update, context):
    """Ends the program: an answer that the client does not understand is what is looked for."""
    traceback.print_exception(context.error)
    os._exit(1)


async def main():
    application = (
        Application.builder().token(TOKEN).base_url(f"{ADDRESS}/bot").base_file_url(f"{ADDRESS}/file/bot").build()
    )
    for word, answer in [("start", start), ("slower", slower), ("blocked", blocked), ("enough", enough)]:
        application.add_handler(CommandHandler(word, answer))
    application.add_handler(MessageHandler(filters.PHOTO, photo))
    application.add_handler(CallbackQueryHandler(pressed))
    application.add_error_handler(failed)
    async with application:
        bot = application.bot
        await bot.set_my_commands([BotCommand("start", "Begin")])
        await bot.set_my_commands([BotCommand("start", "Начать")], language_code="ru")
        await bot.set_webhook("https://bot.example.com/telegram", secret_token="a-secret")
        told(event="ready", name=bot.username)
        await application.start()
        # It takes the webhook back first.
        await application.updater.start_polling(poll_interval=0)
        await done.wait()
        await application.updater.stop()
        await application.stop()
    stranger = Application.builder().token("1:wrong").base_url(f"{ADDRESS}/bot").build()
    told(event="stranger", why=await refused(InvalidToken, stranger.bot.get_me()))


asyncio.run(main())
